// Bad input for every rpc of every service, made from the descriptors: each is refused with its
// code and its reason, and no row of any table changes. Before, every rpc is called with a valid
// request, so that there are rows.
#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/rpc_status.h"
#include "shared/rpc/endpoint.h"
#include "shared/security/roles.h"
#include "shared/security/tokens/token.h"
#include "shared/service/batch_shape.h"
#include "shared/service/channel.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/digest.h"
#include "tests/rpc/mutations.h"
#include "tests/rpc/services.h"
#include "tests/support/client.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/security/v1/token.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using absl::StatusCode;

google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_TRUE(payload && info.ParseFromString(std::string(*payload))) << status;
  return info;
}

bool NamesField(const absl::Status& status, const std::string& field) {
  google::rpc::BadRequest request;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (!payload || !request.ParseFromString(std::string(*payload))) return false;
  for (const auto& violation : request.field_violations())
    if (violation.field() == field) return true;
  return false;
}

const pb::FieldDescriptor* FieldOf(const pb::MethodDescriptor& method, const std::string& name) {
  return method.input_type()->FindFieldByName(name);
}

bool StartsWithOneOf(const std::string& rpc, std::initializer_list<const char*> verbs) {
  return std::any_of(verbs.begin(), verbs.end(),
                     [&](const char* verb) { return absl::StartsWith(rpc, verb); });
}

// What prepares, what follows a start, what ends a life, what reads, what deletes.
constexpr int kStarts = 1, kEnds = 2, kReads = 3, kDeletes = 4;

int Turn(const std::string& rpc) {
  if (StartsWithOneOf(rpc, {"Get", "List", "Compute", "Check", "Download", "Explain", "Export",
                            "Follow", "Resolve", "Search", "Verify"}))
    return kReads;
  if (StartsWithOneOf(rpc,
                      {"Close", "Reject", "Withdraw", "Decline", "Break", "RecordExit", "Finish"}))
    return kEnds;
  if (StartsWithOneOf(rpc, {"Delete", "Erase"})) return kDeletes;
  return StartsWithOneOf(rpc, {"Start"}) ? kStarts : 0;
}

// How a batch refused its first item.
absl::Status FirstError(const pb::MethodDescriptor& method, const std::string& answer) {
  const auto shape = rpc::BatchShapeOf(method);
  const std::unique_ptr<pb::Message> response = NewMessage(method.output_type());
  EXPECT_TRUE(response->ParseFromString(answer)) << method.full_name();
  const pb::Message& first =
      response->GetReflection()->GetRepeatedMessage(*response, shape->results, 0);
  return FromMessage(static_cast<const google::rpc::Status&>(
      first.GetReflection()->GetMessage(first, shape->error)));
}

std::string RoleWithout(const std::string& permission) {
  for (const security::Grant& grant : security::RoleGrants())
    if (!security::Allows(World::Person(std::string(grant.holder)), permission, "nancy"))
      return std::string(grant.holder);
  ADD_FAILURE() << "every role may " << permission;
  return "";
}

class BadInputTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // The answer's bytes, or those of a stream's first message.
  absl::StatusOr<std::string> Send(const pb::MethodDescriptor& method, const std::string& bytes,
                                   const std::string& authorization) {
    if (!method.server_streaming()) return world_.CallRaw(method, bytes, authorization);
    BlockingStream stream(*world_.site().channel(), rpc::PathOf(method), bytes,
                          {absl::Seconds(10), authorization, ""});
    absl::StatusOr<std::optional<std::string>> first = stream.Read();
    if (!first.ok()) return first.status();
    return first->value_or("");
  }

  // Every rpc, as the director would call it; those that others must come before, again. Keeps the
  // request_ids of those that changed something.
  void CallEveryRpc() {
    for (int turn = 0; turn <= kDeletes; ++turn) {
      size_t before = 0;
      do {
        before = done_.size();
        for (const pb::MethodDescriptor* method : Methods()) {
          const int own = Turn(method->name());
          if (own == turn || (own < turn && turn <= kEnds)) CallUnlessDone(*method);
        }
        world_.Settle();
      } while (done_.size() > before && turn <= kEnds);
    }
    // What was deleted, once more, so that there is something to be refused about.
    for (const pb::MethodDescriptor* method : Methods())
      if (StartsWithOneOf(method->name(), {"Create"})) CallOnce(*method);
  }

  // An erasure goes on after its answer: the followers tell that they have it, and every service
  // lists it.
  void AwaitErasure() {
    site::v1::GetErasureRequest request;
    request.set_name("schools/nancy/candidates/x1");
    const absl::Time start = absl::Now();
    for (bool done = false; !done; absl::SleepFor(absl::Milliseconds(5))) {
      ASSERT_LT(absl::Now() - start, absl::Minutes(1));
      world_.site().RunTicks();
      const auto erasure = world_.Call<site::v1::GetErasureResponse>(request);
      ASSERT_TRUE(erasure.ok()) << erasure.status();
      done = std::all_of(erasure->services().begin(), erasure->services().end(),
                         [](const auto& service) {
                           return service.state() == site::v1::ServiceErasure::NOTHING_SEALED ||
                                  service.listed();
                         }) &&
             std::none_of(erasure->services().begin(), erasure->services().end(),
                          [](const auto& service) {
                            return service.state() == site::v1::ServiceErasure::AWAITING_FOLLOWERS;
                          });
    }
  }

  void CallUnlessDone(const pb::MethodDescriptor& method) {
    if (done_.count(&method) == 0) CallOnce(method);
  }

  void CallOnce(const pb::MethodDescriptor& method) {
    const std::unique_ptr<pb::Message> request = BaseRequest::Of(*method.input_type());
    std::unique_ptr<pb::Message> checked(request->New());
    checked->CopyFrom(*request);
    EXPECT_EQ(rpc::Validate(*checked), absl::OkStatus())
        << method.full_name() << ": " << request->ShortDebugString();
    const absl::StatusOr<std::string> answer =
        Send(method, request->SerializeAsString(), director_);
    called_.insert(&method);
    if (answer.ok()) {
      answered_.insert(&method);
      refused_.erase(method.name());
      const pb::FieldDescriptor* id = FieldOf(method, "request_id");
      if (id != nullptr && !rpc::BatchShapeOf(method).has_value())
        done_[&method] = request->GetReflection()->GetString(*request, id);
      return;
    }
    if (answered_.count(&method) == 0)
      refused_[method.name()] = absl::StrCat(absl::StatusCodeToString(answer.status().code()), " ",
                                             ReasonOf(answer.status()));
    EXPECT_NE(answer.status().code(), StatusCode::kInternal)
        << method.full_name() << ": " << answer.status();
    EXPECT_NE(answer.status().code(), StatusCode::kUnimplemented) << method.full_name();
    EXPECT_NE(answer.status().code(), StatusCode::kDeadlineExceeded) << method.full_name();
    EXPECT_NE(answer.status().code(), StatusCode::kUnavailable)
        << method.full_name() << ": " << answer.status();
    CheckInfo(method, "a valid request", answer.status());
  }

  // Exactly one ErrorInfo of ours; a status holds one payload of a type at the most.
  void CheckInfo(const pb::MethodDescriptor& method, const std::string& what,
                 const absl::Status& status) {
    const google::rpc::ErrorInfo info = InfoOf(status);
    EXPECT_EQ(info.domain(), "vivier") << method.full_name() << ", " << what << ": " << status;
    EXPECT_EQ(Reasons().count(info.reason()), 1u)
        << method.full_name() << ", " << what << ": " << status;
  }

  void Expect(const pb::MethodDescriptor& method, const Mutation& mutation,
              const std::string& authorization) {
    const absl::StatusOr<std::string> answer = Send(method, mutation.bytes, authorization);
    const bool of_item = mutation.of_item && answer.ok();
    const absl::Status status = of_item ? FirstError(method, *answer) : answer.status();
    EXPECT_EQ(of_item, mutation.of_item) << method.full_name() << ": " << answer.status();
    ++cases_[method.service()];
    CheckInfo(method, mutation.what, status);
    EXPECT_EQ(status.code(), mutation.code)
        << method.full_name() << ", " << mutation.what << ": " << status;
    EXPECT_EQ(ReasonOf(status), mutation.reason)
        << method.full_name() << ", " << mutation.what << ": " << status;
    EXPECT_TRUE(mutation.field.empty() || NamesField(status, mutation.field))
        << method.full_name() << ", " << mutation.what << ": " << status;
  }

  // Like Expect, where what the request is about may be missing or in another state, which is an
  // answer of its own. Whether the answer was the one of the mutation.
  bool ExpectOrOfTheDomain(const pb::MethodDescriptor& method, const Mutation& mutation) {
    const absl::Status status = Send(method, mutation.bytes, director_).status();
    ++cases_[method.service()];
    CheckInfo(method, mutation.what, status);
    if (ReasonOf(status) == mutation.reason && status.code() == mutation.code) {
      EXPECT_TRUE(mutation.field.empty() || NamesField(status, mutation.field))
          << method.full_name() << ", " << mutation.what << ": " << status;
      return true;
    }
    EXPECT_TRUE(absl::IsNotFound(status) || absl::IsFailedPrecondition(status))
        << method.full_name() << ", " << mutation.what << ": " << status;
    // They went with the person who was erased, or the member that was deleted, and none is made
    // for them again.
    if (method.name() == "DeleteAccessLink" || method.name() == "DeleteFile" ||
        method.name() == "EraseCandidate" || method.name() == "RevokeMemberCredential" ||
        method.name() == "UpdateCandidate")
      return false;
    EXPECT_EQ(done_.count(&method), 0u)
        << method.full_name() << " was possible, but " << mutation.what << ": " << status;
    return false;
  }

  std::string Token(const std::string& role, const std::string& school) {
    return world_.Authorization({role, security::Caller::Kind::kPerson, {role}, {school}, ""});
  }

  // Signed by the key that the site trusts, with an end in the past.
  std::string ExpiredToken() {
    auto issuer = security::TokenIssuer::FromFile(world_.data() + "/keys/development.key");
    EXPECT_TRUE(issuer.ok()) << issuer.status();
    security::v1::TokenClaims claims;
    claims.set_iss("vivier:test");
    claims.add_aud("vivier");
    claims.set_sub("director");
    claims.set_iat(static_cast<uint32_t>(absl::ToUnixSeconds(world_.now() - absl::Hours(2))));
    claims.set_exp(static_cast<uint32_t>(absl::ToUnixSeconds(world_.now() - absl::Hours(1))));
    claims.set_kind("person");
    claims.add_roles("school_director");
    claims.add_schools("nancy");
    return "Bearer " + issuer->Issue(claims);
  }

  void ExpectCallersRefused(const pb::MethodDescriptor& method, const std::string& bytes) {
    const StatusCode unknown = StatusCode::kUnauthenticated, denied = StatusCode::kPermissionDenied;
    const std::string permission = method.options().GetExtension(options::v1::permission);
    const std::string half = director_.substr(0, director_.size() / 2);
    Expect(method, {"garbage", bytes, unknown, "TOKEN_INVALID", ""}, "Bearer garbage");
    Expect(method, {"half a token", bytes, unknown, "TOKEN_INVALID", ""}, half);
    Expect(method, {"an expired token", bytes, unknown, "TOKEN_INVALID", ""}, expired_);
    if (security::IsPublic(permission)) return;  // anybody may, from anywhere
    Expect(method, {"no token", bytes, unknown, "TOKEN_MISSING", ""}, "");
    Expect(method, {"another scheme", bytes, unknown, "TOKEN_MISSING", ""},
           "Basic bmFuY3k6bmFuY3k=");
    Expect(method, {"another school's director", bytes, denied, "NOT_ALLOWED", ""}, stranger_);
    Expect(method, {"a role without the permission", bytes, denied, "NOT_ALLOWED", ""},
           Token(RoleWithout(permission), "nancy"));
    Expect(method, {"an unknown role", bytes, denied, "NOT_ALLOWED", ""}, Token("nobody", "nancy"));
  }

  // A school that is not here for those of nancy, and nancy for those of another school: nobody can
  // tell which it is.
  void ExpectUnknownLooksForbidden(const pb::MethodDescriptor& method, const std::string& bytes) {
    const std::string elsewhere = absl::StrReplaceAll(bytes, {{"schools/nancy", "schools/lille"}});
    const absl::Status unknown = Send(method, elsewhere, director_).status();
    const absl::Status forbidden = Send(method, bytes, stranger_).status();
    cases_[method.service()] += 2;
    EXPECT_EQ(unknown.code(), StatusCode::kPermissionDenied)
        << method.full_name() << ": " << unknown;
    if (security::IsPublic(method.options().GetExtension(options::v1::permission))) return;
    EXPECT_EQ(unknown.code(), forbidden.code()) << method.full_name();
    EXPECT_EQ(absl::StrReplaceAll(unknown.message(), {{"lille", "nancy"}}), forbidden.message())
        << method.full_name();
    google::rpc::ErrorInfo info = InfoOf(unknown);
    for (auto& [key, value] : *info.mutable_metadata())
      value = absl::StrReplaceAll(value, {{"lille", "nancy"}});
    EXPECT_EQ(info.SerializeAsString(), InfoOf(forbidden).SerializeAsString())
        << method.full_name();
  }

  void ExpectBytesRefused(const pb::MethodDescriptor& method, const std::string& bytes) {
    int most = method.options().GetExtension(options::v1::request_bytes_max);
    if (most == 0) most = rpc::kRequestBytesMax;
    // Field 2047, length-delimited, three bytes of length: what nobody knows still counts.
    const std::string padding(static_cast<size_t>(most), 'x');
    std::string large = bytes + "\xFA\x7F";
    for (size_t rest = padding.size();; rest >>= 7) {
      large += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
      if (rest <= 0x7F) break;
    }
    Expect(method,
           {"more than request_bytes_max", large + padding, StatusCode::kResourceExhausted,
            "REQUEST_TOO_LARGE", ""},
           director_);
    Expect(method,
           {"no message", "\xFF\xFF\xFF", StatusCode::kInvalidArgument, "MALFORMED_REQUEST", ""},
           director_);
    Expect(method,
           {"half a message", bytes.substr(0, bytes.size() - 1), StatusCode::kInvalidArgument,
            "MALFORMED_REQUEST", ""},
           director_);
  }

  void ExpectListsRefused(const pb::MethodDescriptor& method, pb::Message& request) {
    const auto with = [&](const char* field, const std::string& text) {
      std::unique_ptr<pb::Message> changed(request.New());
      changed->CopyFrom(request);
      changed->GetReflection()->SetString(changed.get(), FieldOf(method, field), text);
      return Mutation{absl::StrCat(field, " \"", text, "\""), changed->SerializeAsString(),
                      StatusCode::kInvalidArgument, "INVALID_FIELD", field};
    };
    if (FieldOf(method, "page_token") != nullptr)
      for (const std::string& token : {std::string("garbage"), std::string("AAAA"), other_page_})
        ExpectOrOfTheDomain(method, with("page_token", token));
    if (FieldOf(method, "filter") != nullptr)
      for (const char* filter :
           {"name =", "nonsense = 1", "name = \"x", "(name = \"x\"", "name = \"x\" AND",
            "name ~ \"x\"", "name = \"x\" name = \"y\"", "; DROP TABLE cohorts"})
        ExpectOrOfTheDomain(method, with("filter", filter));
  }

  // The etag of the request, or of the resource that an Update carries.
  void ExpectStaleRefused(const pb::MethodDescriptor& method, const pb::Message& request) {
    std::unique_ptr<pb::Message> stale(request.New());
    stale->CopyFrom(request);
    pb::Message* holder = stale.get();
    const pb::FieldDescriptor* etag = FieldOf(method, "etag");
    if (etag == nullptr && absl::StartsWith(method.name(), "Update")) {
      holder = stale->GetReflection()->MutableMessage(stale.get(), method.input_type()->field(0));
      etag = holder->GetDescriptor()->FindFieldByName("etag");
    }
    if (etag == nullptr) return;
    for (const char* text : {"999", "0", "no number", "99999999999999999999"}) {
      holder->GetReflection()->SetString(holder, etag, text);
      stale_ +=
          ExpectOrOfTheDomain(method, {absl::StrCat("etag ", text), stale->SerializeAsString(),
                                       StatusCode::kAborted, "ETAG_MISMATCH", ""});
    }
  }

  void ExpectMaskRefused(const pb::MethodDescriptor& method, const pb::Message& request) {
    const pb::FieldDescriptor* mask = FieldOf(method, "update_mask");
    if (mask == nullptr) return;
    for (const char* path : {"nonsense", "name", "etag", "title.deeper", ""}) {
      std::unique_ptr<pb::Message> masked(request.New());
      masked->CopyFrom(request);
      pb::Message& paths = *masked->GetReflection()->MutableMessage(masked.get(), mask);
      paths.GetReflection()->AddString(&paths, paths.GetDescriptor()->FindFieldByName("paths"),
                                       path);
      ExpectOrOfTheDomain(method,
                          {absl::StrCat("mask of \"", path, "\""), masked->SerializeAsString(),
                           StatusCode::kInvalidArgument, "INVALID_FIELD", "update_mask"});
    }
  }

  // The id of a write that was answered: of another rpc, and of this one with another body.
  void ExpectReusedRefused(const pb::MethodDescriptor& method, pb::Message& request) {
    const pb::FieldDescriptor* id = FieldOf(method, "request_id");
    // The items of a batch have ids of their own.
    if (id == nullptr || rpc::BatchShapeOf(method).has_value()) return;
    for (const auto& [other, used] : done_) {
      if (other == &method || other->service() != method.service()) continue;
      // Of which a repetition goes on.
      if (other->name() == "RotateKeys" || method.name() == "RotateKeys") continue;
      request.GetReflection()->SetString(&request, id, used);
      reused_ += ExpectOrOfTheDomain(
          method, {"the request_id of " + other->name(), request.SerializeAsString(),
                   StatusCode::kInvalidArgument, "REQUEST_ID_REUSED", ""});
      break;
    }
    if (done_.count(&method) == 0) return;
    request.GetReflection()->SetString(&request, id, done_[&method]);
    if (const pb::FieldDescriptor* only = FieldOf(method, "validate_only")) {
      request.GetReflection()->SetBool(&request, only, true);
      Expect(method,
             {"another body under its own request_id", request.SerializeAsString(),
              StatusCode::kInvalidArgument, "REQUEST_ID_REUSED", ""},
             director_);
      ++reused_;
    }
  }

  void ExpectAllRefused(const pb::MethodDescriptor& method) {
    const std::unique_ptr<pb::Message> request = BaseRequest::Of(*method.input_type());
    const std::string bytes = request->SerializeAsString();
    ExpectCallersRefused(method, bytes);
    ExpectUnknownLooksForbidden(method, bytes);
    ExpectBytesRefused(method, bytes);
    for (const Mutation& mutation : Mutations::Of(*request)) Expect(method, mutation, director_);
    ExpectListsRefused(method, *request);
    ExpectStaleRefused(method, *request);
    ExpectMaskRefused(method, *request);
    ExpectReusedRefused(method, *request);
  }

  // A page token of the first of two cohorts.
  std::string PageOfCohorts() {
    for (const char* id : {"first", "second"}) {
      const std::unique_ptr<pb::Message> create =
          BaseRequest::Of(*enrolment::v1::CreateCohortRequest::descriptor());
      auto& request = static_cast<enrolment::v1::CreateCohortRequest&>(*create);
      request.set_cohort_id(id);
      const auto created = world_.Write<enrolment::v1::Cohort>(request);
      EXPECT_TRUE(created.ok()) << created.status();
    }
    enrolment::v1::ListCohortsRequest list;
    list.set_parent("schools/nancy");
    list.set_page_size(1);
    list.set_order_by("start_date");
    const auto page = world_.Call<enrolment::v1::ListCohortsResponse>(list);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->next_page_token() : "";
  }

  World world_{GetParam()};
  const std::string director_ = Token("school_director", "nancy");
  const std::string stranger_ = Token("school_director", "lille");
  const std::string expired_ = ExpiredToken();
  std::string other_page_;
  std::map<const pb::MethodDescriptor*, std::string>
      done_;  // writes that were answered, with their request_id
  std::set<const pb::MethodDescriptor*> called_, answered_;
  std::map<std::string, std::string> refused_;  // by the domain
  std::map<const pb::ServiceDescriptor*, int> cases_;
  int stale_ = 0, reused_ = 0;
};

TEST_P(BadInputTest, EveryRpcRefusesItAndNothingChanges) {
  CallEveryRpc();
  other_page_ = PageOfCohorts();
  ASSERT_FALSE(other_page_.empty());
  EXPECT_EQ(called_.size(), Methods().size());
  std::printf("%zu rpcs called with a valid request, %zu answered OK\n", called_.size(),
              answered_.size());
  for (const auto& [rpc, how] : refused_) std::printf("  %-28s %s\n", rpc.c_str(), how.c_str());
  // Where nothing was stored, nothing could change.
  EXPECT_GT(answered_.size(), Methods().size() / 2);

  world_.Settle();
  AwaitErasure();
  Digester digester(world_);
  Digest before = digester.Take();
  EXPECT_NE(before.at("enrolment.candidates").rfind("0 rows", 0), 0u);
  for (const pb::MethodDescriptor* method : Methods()) {
    ExpectAllRefused(*method);
    Digest after = digester.Take();
    EXPECT_EQ(Changed(before, after), std::vector<std::string>{}) << method->full_name();
    before = std::move(after);
  }

  int all = 0;
  for (const pb::ServiceDescriptor* service : Services()) {
    std::printf("%6d cases  %s\n", cases_[service], service->full_name().c_str());
    EXPECT_GT(cases_[service], 15 * service->method_count()) << service->full_name();
    all += cases_[service];
  }
  std::printf("%6d cases of bad input, %d stale etags, %d reused request_ids\n", all, stale_,
              reused_);
  EXPECT_GT(stale_, 20);
  EXPECT_GT(reused_, 40);
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, BadInputTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
