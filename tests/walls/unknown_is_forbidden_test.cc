// What a caller may not see answers as what does not exist: every rpc, by every role with a scope,
// with each resource name of its request in turn, the one that it is about and those that it refers
// to, once of a row of somebody else's and once of no row. Status, message and details are compared
// byte for byte, names replaced. On both engines; each rpc is printed with its verdicts.
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"
#include "shared/base/uuid.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/filled_rows.h"
#include "tests/rpc/rows.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {
namespace {

// Whose row a name leads to.
enum Owner { kOwn, kForeign, kUnknown };

// The ids of each owner, all of one length for a kind.
std::string IdOf(const std::string& variable, Owner owner) {
  static const auto& ids = *new std::map<std::string, std::vector<std::string>>{
      {"school", {"nancy", "nancy", "nancy"}},
      {"company", {"98765074400012", "73282932000074", "55210055400021"}},
      {"revision", {"2", "1", "3"}},
      {"attendance_sheet", {"2026-10-06-am", "2026-10-05-am", "2026-10-07-am"}},
      {"outcome", {"6", "3", "0"}},
      {"year", {"2025", "2026", "2027"}},
  };
  const auto known = ids.find(variable);
  if (known != ids.end()) return known->second[owner];
  return std::vector<std::string>{"o1", "x1", "q7"}[owner];
}

std::string NameOf(const std::string& pattern, Owner owner) {
  std::vector<std::string> segments = absl::StrSplit(pattern, '/');
  for (std::string& segment : segments)
    if (segment.front() == '{') segment = IdOf(segment.substr(1, segment.size() - 2), owner);
  return absl::StrJoin(segments, "/");
}

// A foreign name and all that lies in it as the unknown one.
std::string AsUnknown(const std::string& text) {
  return absl::StrReplaceAll(text, {{"/x1", "/q7"},
                                    {"73282932000074", "55210055400021"},
                                    {"revisions/1", "revisions/3"},
                                    {"2026-10-05-am", "2026-10-07-am"},
                                    {"outcomes/3", "outcomes/0"}});
}

std::string Verdict(const absl::Status& status) {
  return status.ok() ? "OK"
                     : absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonOf(status));
}

// All of it; metadata, which have no order on the wire, in that of their keys.
std::string Whole(const absl::Status& status) {
  std::string text = absl::StrCat(Verdict(status), ": ", status.message());
  for (const auto& [key, value] : MetadataOf(status)) absl::StrAppend(&text, "\n", key, "=", value);
  status.ForEachPayload([&text](absl::string_view type, const absl::Cord& payload) {
    if (absl::EndsWith(type, "ErrorInfo")) return;
    absl::StrAppend(&text, "\n", type, "\n", std::string(payload));
  });
  return text;
}

// A field of a request that holds a resource's name.
struct Place {
  std::string path;
  std::string pattern;
};

// Sets every resource name in the message; `place_of` says whose the one at a path is.
void Rename(pb::Message& message, const std::string& prefix,
            const std::function<Owner(const Place&)>& owner_at) {
  const pb::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const std::string path = prefix + field.name();
    if (field.message_type() != nullptr) {
      if (field.is_repeated() && reflection.FieldSize(message, &field) > 0)
        Rename(*reflection.MutableRepeatedMessage(&message, &field, 0), path + "[0].", owner_at);
      else if (!field.is_repeated() && reflection.HasField(message, &field))
        Rename(*reflection.MutableMessage(&message, &field), path + ".", owner_at);
      continue;
    }
    const std::string pattern = NamePatternOf(field);
    if (pattern.empty() || pattern == "schools/{school}" ||
        field.cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING)
      continue;
    if (!field.is_repeated()) {
      if (reflection.HasField(message, &field))
        reflection.SetString(&message, &field, NameOf(pattern, owner_at({path, pattern})));
    } else if (reflection.FieldSize(message, &field) > 0) {
      reflection.SetRepeatedString(&message, &field, 0, NameOf(pattern, owner_at({path, pattern})));
    }
  }
}

std::vector<Place> PlacesIn(const pb::MethodDescriptor& method) {
  std::vector<Place> places;
  Rename(*BaseRequest::Of(*method.input_type()), "", [&](const Place& place) {
    places.push_back(place);
    return kOwn;
  });
  return places;
}

// Every etag of the message.
void SetEtag(pb::Message& message, const std::string& etag) {
  const pb::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.name() == "etag") reflection.SetString(&message, &field, etag);
    if (field.message_type() != nullptr && !field.is_repeated() &&
        reflection.HasField(message, &field))
      SetEtag(*reflection.MutableMessage(&message, &field), etag);
  }
}

Row RequestOf(const pb::MethodDescriptor& method, const std::string& path, Owner owner,
              const std::string& etag = "") {
  Row request = BaseRequest::Of(*method.input_type());
  Rename(*request, "", [&](const Place& place) { return place.path == path ? owner : kOwn; });
  const bool is_trial = method.input_type()->FindFieldByName("validate_only") != nullptr;
  for (int i = 0; i < method.input_type()->field_count(); ++i) {
    const pb::FieldDescriptor& field = *method.input_type()->field(i);
    const pb::Reflection& reflection = *request->GetReflection();
    if (field.name() == "request_id") reflection.SetString(request.get(), &field, RandomUuid());
    if (field.name() == "validate_only") reflection.SetBool(request.get(), &field, true);
    // An id is the caller's own choice: that it is taken is told. What is no trial takes it.
    if (LimitsOf(field).pattern() == "[a-z0-9][a-z0-9-]{0,61}")
      reflection.SetString(request.get(), &field, is_trial ? "new" : RandomUuid());
  }
  SetEtag(*request, etag);
  return request;
}

struct Principal {
  std::string what;
  std::string authorization;
};

class UnknownIsForbiddenTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  UnknownIsForbiddenTest()
      : world_(GetParam(), [](config::v1::Config& config) {
          TrustForeignIssuer(config);
          auto& budget = *config.add_read_budgets();
          budget.set_opened(-1);
          budget.set_rows(-1);
        }) {}

  // One row of each owner in every table.
  void PutAll() {
    world_.Stop();
    int rows = 0;
    for (const pb::Descriptor* type : StoredTypes())
      for (const Owner owner : {kOwn, kForeign}) rows += Put(*type, owner) ? 1 : 0;
    world_.Start();
    EXPECT_GT(rows, 80);
  }

  bool Put(const pb::Descriptor& type, Owner owner) {
    if (type.name() == "School" && owner == kForeign) return false;  // one
    std::vector<Row> row;
    row.push_back(FilledRow::Of(
        type, [owner](const pb::Descriptor& named) { return NameOf(PatternOf(named), owner); },
        NameOf("schools/{school}/candidates/{candidate}", owner)));
    const absl::Status put =
        PutRows(world_.DatabaseUrl(rpc::ServiceOf(type.file())), world_.data(), row);
    EXPECT_TRUE(put.ok()) << type.name() << ": " << put;
    return put.ok();
  }

  Principal ActingFor(const std::string& role, const std::string& name) {
    return {role, world_.Authorization({"someone-of-" + role,
                                        security::Caller::Kind::kPartner,
                                        {role},
                                        {World::kSchool},
                                        name})};
  }

  Principal Scoped(const std::string& role, const std::string& scope) {
    access::v1::CreateMembershipRequest request;
    request.set_parent("schools/nancy");
    request.set_membership_id(absl::StrCat("m-", ++members_));
    const std::string person = absl::StrCat("person-", members_);
    request.mutable_membership()->set_subject(ForeignSubject(person));
    request.mutable_membership()->set_display_name(person);
    auto& assignment = *request.mutable_membership()->add_roles();
    assignment.set_role(role);
    assignment.set_scope(scope);
    const auto created = world_.Write<access::v1::Membership>(request);
    EXPECT_TRUE(created.ok()) << role << ": " << created.status();
    return {absl::StrCat(role, " of ", scope), ForeignToken(person, world_.now())};
  }

  Principal Session(enrolment::v1::AccessLink::Purpose purpose, const std::string& pattern) {
    const std::string what = enrolment::v1::AccessLink::Purpose_Name(purpose);
    enrolment::v1::CreateAccessLinkRequest request;
    request.set_parent("schools/nancy");
    request.set_access_link_id(absl::StrCat("l-", ++members_));
    request.mutable_access_link()->set_purpose(purpose);
    request.mutable_access_link()->set_resource(NameOf(pattern, kOwn));
    if (purpose == enrolment::v1::AccessLink::APPLY)
      request.mutable_access_link()->set_candidate("schools/nancy/candidates/o1");
    const auto link = world_.Write<enrolment::v1::CreateAccessLinkResponse>(request);
    EXPECT_TRUE(link.ok()) << what << ": " << link.status();
    if (!link.ok()) return {what, ""};
    enrolment::v1::RedeemAccessLinkRequest redeem;
    redeem.set_parent("schools/nancy");
    redeem.set_request_id(RandomUuid());
    enrolment::v1::RedeemAccessLinkResponse session;
    const auto redeemed = world_.CallRaw(*rpc::MethodTaking(*redeem.GetDescriptor()),
                                         redeem.SerializeAsString(), "Bearer " + link->secret());
    EXPECT_TRUE(redeemed.ok() && session.ParseFromString(*redeemed))
        << what << ": " << redeemed.status();
    return {what, "Bearer " + session.token()};
  }

  std::vector<Principal> Principals() {
    std::vector<Principal> principals = {
        ActingFor("partner", NameOf("schools/{school}/companies/{company}", kOwn)),
        ActingFor("funder", NameOf("schools/{school}/funders/{funder}", kOwn))};
    for (const char* role : {"admissions_officer", "trainer", "assessor", "finance_officer",
                             "partner_manager", "auditor"})
      principals.push_back(Scoped(role, "schools/nancy/cohorts/o1"));
    using enrolment::v1::AccessLink;
    principals.push_back(Session(AccessLink::OWN_DATA, "schools/{school}/candidates/{candidate}"));
    principals.push_back(Session(AccessLink::APPLY, "schools/{school}/cohorts/{cohort}"));
    principals.push_back(Session(AccessLink::ANSWER_OFFER,
                                 "schools/{school}/cohorts/{cohort}/applications/{application}"));
    principals.push_back(Session(AccessLink::SIGN_PRESENCE,
                                 "schools/{school}/cohorts/{cohort}/attendanceSheets/"
                                 "{attendance_sheet}/presenceEntries/{presence_entry}"));
    world_.Settle();
    return principals;
  }

  absl::Status Send(const pb::MethodDescriptor& method, const pb::Message& request,
                    const std::string& authorization) {
    const auto answer = world_.CallRaw(method, request.SerializeAsString(), authorization);
    const auto shape = rpc::BatchShapeOf(method);
    if (!answer.ok() || !shape.has_value()) return answer.status();
    Row response = NewMessage(method.output_type());
    response->ParseFromString(*answer);
    const pb::Message& first =
        response->GetReflection()->GetRepeatedMessage(*response, shape->results, 0);
    return FromMessage(static_cast<const google::rpc::Status&>(
        first.GetReflection()->GetMessage(first, shape->error)));
  }

  // Whether the principal may get what the name leads to, or is shown it in a list, and so may know
  // that it is there. What anybody with an account may get, the catalogue, is no secret.
  bool MaySee(const Principal& principal, const Place& place) {
    const std::string anybody = world_.Authorization(World::Person("candidate"));
    for (const std::string& service : rpc::TradeServices())
      for (const pb::MethodDescriptor* method : rpc::MethodsOf(service)) {
        if (absl::StartsWith(method->name(), "Get") && method->input_type()->field_count() == 1 &&
            NamePatternOf(*method->input_type()->field(0)) == place.pattern)
          for (const std::string& who : {principal.authorization, anybody})
            if (Send(*method, *RequestOf(*method, "name", kForeign), who).ok()) return true;
        if (Lists(*method, place) && IsListed(*method, place, principal)) return true;
      }
    return false;
  }

  static bool Lists(const pb::MethodDescriptor& method, const Place& place) {
    const pb::FieldDescriptor* parent = method.input_type()->FindFieldByName("parent");
    if (!absl::StartsWith(method.name(), "List") || parent == nullptr) return false;
    const pb::Descriptor* listed = rpc::ResourceType(
        parent->options().GetExtension(google::api::resource_reference).child_type());
    return listed != nullptr && PatternOf(*listed) == place.pattern;
  }

  bool IsListed(const pb::MethodDescriptor& method, const Place& place,
                const Principal& principal) {
    const std::string name = NameOf(place.pattern, kForeign);
    Row request = NewMessage(method.input_type());
    request->GetReflection()->SetString(
        request.get(), method.input_type()->FindFieldByName("parent"), ParentOfName(name));
    const auto page = world_.CallRaw(method, request->SerializeAsString(), principal.authorization);
    return page.ok() && absl::StrContains(*page, name);
  }

  void Compare(const pb::MethodDescriptor& method, const Place& place, const Principal& principal,
               const std::string& etag) {
    const absl::Status foreign =
        Send(method, *RequestOf(method, place.path, kForeign, etag), principal.authorization);
    const absl::Status unknown =
        Send(method, *RequestOf(method, place.path, kUnknown, etag), principal.authorization);
    ++compared_;
    const bool alike = AsUnknown(Whole(foreign)) == Whole(unknown);
    if (!alike && MaySee(principal, place)) {
      ++seen_;
      return;
    }
    verdicts_[absl::StrCat(method.name(), " ", place.path)].insert(Verdict(unknown));
    EXPECT_TRUE(alike) << method.full_name() << ", " << place.path << ", by " << principal.what
                       << "\n  another's: " << Whole(foreign) << "\n  no row: " << Whole(unknown);
  }

  World world_;
  int members_ = 0, compared_ = 0, seen_ = 0;
  std::map<std::string, std::set<std::string>> verdicts_;
};

TEST_P(UnknownIsForbiddenTest, OfEveryRpcForEveryScope) {
  PutAll();
  const std::vector<Principal> principals = Principals();
  for (const pb::MethodDescriptor* method : Methods()) {
    if (method->server_streaming()) continue;
    for (const Place& place : PlacesIn(*method))
      for (const Principal& principal : principals)
        for (const char* etag : {"", "999"}) Compare(*method, place, principal, etag);
  }
  for (const auto& [place, verdicts] : verdicts_)
    std::cout << place << ": " << absl::StrJoin(verdicts, ", ") << "\n";
  std::cout << compared_ << " pairs compared, " << seen_ << " of what the caller may see\n";
  EXPECT_GT(compared_, 1000);
}

INSTANTIATE_TEST_SUITE_P(Engines, UnknownIsForbiddenTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
