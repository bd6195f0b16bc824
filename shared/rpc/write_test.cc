// The path of a write and of its retries through a whole site, on both engines: one request_id has
// one effect and one answer, a refusal leaves nothing, and nobody learns of what is not theirs.
#include "shared/rpc/write.h"

#include <future>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::rpc {
namespace {

using enrolment::v1::Candidate;
using enrolment::v1::CreateCandidateRequest;
using funding::v1::CreateFunderRequest;
using funding::v1::Funder;
using funding::v1::UpdateFunderRequest;
using google::protobuf::util::MessageDifferencer;
using testing::World;

constexpr char kRequestId[] = "11111111-1111-4111-8111-1111111111ab";

class WriteTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  WriteTest() : world_(GetParam()) {}

  static CreateFunderRequest NewFunder(const std::string& id = "region",
                                       const std::string& request_id = kRequestId) {
    CreateFunderRequest request;
    request.set_parent("schools/nancy");
    request.set_funder_id(id);
    request.set_request_id(request_id);
    request.mutable_funder()->set_title("Région");
    request.mutable_funder()->set_kind(Funder::REGIONAL_COUNCIL);
    return request;
  }

  static CreateCandidateRequest NewCandidate() {
    CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id("zoe");
    request.set_request_id(kRequestId);
    request.mutable_candidate()->set_given_name("Zoé");
    request.mutable_candidate()->set_family_name("Durand");
    request.mutable_candidate()->set_email("zoe@example.org");
    return request;
  }

  int64_t Count(const std::string& service, const std::string& what) {
    const std::unique_ptr<storage::Database> database =
        *storage::Database::Open(world_.DatabaseUrl(service));
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const absl::StatusOr<storage::Result> result =
        connection->Query("SELECT COUNT(*) FROM " + what);
    connection->Rollback();
    EXPECT_EQ(result.status(), absl::OkStatus());
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  // What CreateFunder says to this authorization header.
  absl::Status Ask(const std::string& authorization) {
    return world_
        .CallRaw(*CreateFunderRequest::descriptor()->file()->service(0)->FindMethodByName(
                     "CreateFunder"),
                 NewFunder().SerializeAsString(), authorization)
        .status();
  }

  World world_;
};

INSTANTIATE_TEST_SUITE_P(Engines, WriteTest, testing::BothEngines(), testing::EngineName);

TEST_P(WriteTest, ARetryGetsTheSameAnswerAndHasNoSecondEffect) {
  const absl::StatusOr<Funder> first = world_.Call<Funder>(NewFunder());
  ASSERT_TRUE(first.ok()) << first.status();
  // What happened meanwhile does not change the answer to the first request.
  UpdateFunderRequest update;
  *update.mutable_funder() = *first;
  update.mutable_funder()->set_title("Conseil régional");
  ASSERT_TRUE(world_.Write<Funder>(update).ok());
  CreateFunderRequest retry = NewFunder();
  retry.set_request_id("11111111-1111-4111-8111-1111111111AB");  // a UUID has no case
  for (const bool restarted : {false, true}) {
    if (restarted) world_.Restart();
    const absl::StatusOr<Funder> again = world_.Call<Funder>(restarted ? retry : NewFunder());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(MessageDifferencer::Equals(*first, *again)) << again->DebugString();
  }
  EXPECT_EQ(Count("funding", "funders"), 1);
  EXPECT_EQ(Count("funding", "audit_records"), 2);
  EXPECT_EQ(Count("funding", "answers"), 2);
}

// Copies that come at the same time, as an impatient client sends them.
TEST_P(WriteTest, CopiesAtOnceHaveOneEffect) {
  std::vector<std::future<absl::StatusOr<Funder>>> copies;
  for (int i = 0; i < 16; ++i)
    copies.push_back(
        std::async(std::launch::async, [this] { return world_.Call<Funder>(NewFunder()); }));
  for (auto& copy : copies) {
    const absl::StatusOr<Funder> answer = copy.get();
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->etag(), "1");
  }
  EXPECT_EQ(Count("funding", "funders"), 1);
  EXPECT_EQ(Count("funding", "audit_records"), 1);
}

TEST_P(WriteTest, ARequestIdServesOneRequest) {
  const absl::StatusOr<Funder> first = world_.Call<Funder>(NewFunder());
  ASSERT_TRUE(first.ok()) << first.status();
  CreateFunderRequest other_body = NewFunder();
  other_body.mutable_funder()->set_title("another");
  EXPECT_EQ(ReasonOf(world_.Call<Funder>(other_body).status()), "REQUEST_ID_REUSED");
  UpdateFunderRequest other_method;
  *other_method.mutable_funder() = *first;
  other_method.set_request_id(kRequestId);
  EXPECT_EQ(ReasonOf(world_.Call<Funder>(other_method).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonOf(world_.Call<Funder>(NewFunder(), World::Person("finance_officer")).status()),
            "REQUEST_ID_REUSED");
  CreateFunderRequest dry = NewFunder();
  dry.set_validate_only(true);
  EXPECT_EQ(ReasonOf(world_.Call<Funder>(dry).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("funding", "funders"), 1);
  EXPECT_EQ(Count("funding", "audit_records"), 1);
}

// A refusal is not an answer to keep: once its cause is gone the same request may succeed.
TEST_P(WriteTest, ARefusalIsNotStored) {
  funding::v1::CreateFundingAgreementRequest agreement;
  agreement.set_parent("schools/nancy");
  agreement.set_funding_agreement_id("prf");
  agreement.set_request_id("22222222-2222-4222-8222-222222222222");
  funding::v1::FundingAgreement& terms = *agreement.mutable_funding_agreement();
  terms.set_funder("schools/nancy/funders/region");
  terms.set_title("PRF");
  terms.set_currency_code("EUR");
  terms.set_ceiling_cents(100);
  for (google::type::Date* date : {terms.mutable_valid_from(), terms.mutable_valid_until()}) {
    date->set_year(2026);
    date->set_month(9);
    date->set_day(7);
  }
  EXPECT_EQ(ReasonOf(world_.Call<funding::v1::FundingAgreement>(agreement).status()), "NOT_FOUND");
  EXPECT_EQ(Count("funding", "answers"), 0);
  EXPECT_EQ(Count("funding", "audit_records"), 0);
  ASSERT_TRUE(world_.Call<Funder>(NewFunder()).ok());
  const auto now = world_.Call<funding::v1::FundingAgreement>(agreement);
  EXPECT_TRUE(now.ok()) << now.status();
}

TEST_P(WriteTest, ValidateOnlyAnswersAndStoresNothing) {
  CreateCandidateRequest dry = NewCandidate();
  dry.set_validate_only(true);
  const absl::StatusOr<Candidate> would = world_.Call<Candidate>(dry);
  ASSERT_TRUE(would.ok()) << would.status();
  EXPECT_EQ(would->name(), "schools/nancy/candidates/zoe");
  for (const char* table : {"candidates", "candidate_keys", "person_keys", "events", "answers",
                            "audit_records", "reading_records", "person_reads"})
    EXPECT_EQ(Count("enrolment", table), 0) << table;
  EXPECT_TRUE(world_.Call<Candidate>(NewCandidate()).ok());  // the id is still free
  dry.set_request_id(world_.NewRequestId());
  EXPECT_EQ(ReasonOf(world_.Call<Candidate>(dry).status()),
            "DUPLICATE_PERSON");  // it refuses as the write would
}

TEST_P(WriteTest, EachWriteHasOneAuditRecord) {
  ASSERT_TRUE(world_.Call<Funder>(NewFunder()).ok());
  EXPECT_FALSE(
      world_.Call<Funder>(NewFunder("region", world_.NewRequestId())).ok());  // exists already
  ASSERT_TRUE(
      world_
          .Call<Funder>(NewFunder("state", world_.NewRequestId()), World::Person("finance_officer"))
          .ok());
  EXPECT_EQ(Count("funding", "audit_records"), 2);
  EXPECT_EQ(
      Count("funding",
            absl::StrCat("audit_records WHERE number = 1 AND principal LIKE '%school_director' AND "
                         "method = 'vivier.funding.v1.FunderService.CreateFunder' AND "
                         "resource = 'schools/nancy' AND request_id = '",
                         kRequestId, "'")),
      1);
  EXPECT_EQ(
      Count("funding", "audit_records WHERE number = 2 AND principal LIKE '%finance_officer'"), 1);
}

// What a person's file was answered with is as secret as the file.
TEST_P(WriteTest, AStoredAnswerIsSealedAndDiesWithThePerson) {
  ASSERT_TRUE(world_.Call<Candidate>(NewCandidate()).ok());
  const absl::StatusOr<Candidate> again = world_.Call<Candidate>(NewCandidate());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->family_name(), "Durand");
  EXPECT_EQ(Count("enrolment", "answers WHERE person = 'schools/nancy/candidates/zoe'"), 1);
  world_.Stop();
  {
    const std::unique_ptr<storage::Database> database =
        *storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    const absl::StatusOr<storage::Result> stored = connection->Query("SELECT answer FROM answers");
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(std::get<storage::Bytes>(stored->rows[0][0]).data.find("Durand"), std::string::npos);
    ASSERT_EQ(connection->Query("DELETE FROM person_keys").status(), absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  world_.Start();
  EXPECT_EQ(ReasonOf(world_.Call<Candidate>(NewCandidate()).status()), "NOT_FOUND");
}

// Whoever can write SQL tells no retry what never happened; others of the batch are served.
TEST_P(WriteTest, AnAnswerThatSomebodyChangedIsNotGiven) {
  ASSERT_TRUE(world_.Call<Funder>(NewFunder()).ok());
  ASSERT_TRUE(world_.Call<Funder>(NewFunder("opco", "22222222-2222-4222-8222-2222222222ab")).ok());
  world_.Stop();
  {
    const std::unique_ptr<storage::Database> database =
        *storage::Database::Open(world_.DatabaseUrl("funding"));
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    const absl::StatusOr<storage::Result> changed = connection->Query(
        "UPDATE answers SET answer = (SELECT answer FROM answers WHERE request_id <> $1) WHERE "
        "request_id = $1",
        {storage::Value(kRequestId)});
    ASSERT_EQ(changed.status(), absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  world_.Start();
  std::future<std::string> changed = std::async(
      std::launch::async, [&] { return ReasonOf(world_.Call<Funder>(NewFunder()).status()); });
  EXPECT_TRUE(world_.Call<Funder>(NewFunder("opco", "22222222-2222-4222-8222-2222222222ab")).ok());
  EXPECT_EQ(changed.get(), "ROW_CHANGED");
}

TEST_P(WriteTest, AStaleEtagIsRefused) {
  const absl::StatusOr<Funder> first = world_.Call<Funder>(NewFunder());
  ASSERT_TRUE(first.ok()) << first.status();
  UpdateFunderRequest update;
  *update.mutable_funder() = *first;
  update.mutable_update_mask()->add_paths("title");
  ASSERT_TRUE(world_.Write<Funder>(update).ok());
  const absl::Status stale = world_.Write<Funder>(update).status();
  EXPECT_EQ(stale.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(stale), "ETAG_MISMATCH");
  update.mutable_funder()->clear_etag();  // who gives none does not care
  EXPECT_TRUE(world_.Write<Funder>(update).ok());
}

TEST_P(WriteTest, AMaskSaysWhatChanges) {
  CreateFunderRequest create = NewFunder();
  create.mutable_funder()->set_lheo_code(2);
  ASSERT_TRUE(world_.Call<Funder>(create).ok());
  UpdateFunderRequest update;
  update.mutable_funder()->set_name("schools/nancy/funders/region");
  update.mutable_funder()->set_title("Grand Est");
  update.mutable_update_mask()->add_paths("title");
  absl::StatusOr<Funder> updated = world_.Write<Funder>(update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->title(), "Grand Est");
  EXPECT_EQ(updated->lheo_code(), 2);
  update.mutable_update_mask()->add_paths("lheo_code");  // named and not given: cleared
  updated = world_.Write<Funder>(update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->lheo_code(), 0);
  for (const char* path : {"name", "etag", "colour", "title.x", ""}) {
    update.mutable_update_mask()->clear_paths();
    update.mutable_update_mask()->add_paths(path);
    EXPECT_EQ(ReasonOf(world_.Write<Funder>(update).status()), "INVALID_FIELD") << path;
  }
}

TEST_P(WriteTest, WhoIsNotKnownIsRefused) {
  EXPECT_EQ(ReasonOf(Ask("")), "TOKEN_MISSING");
  EXPECT_EQ(ReasonOf(Ask("Basic bmFuY3k6c2VjcmV0")), "TOKEN_MISSING");
  const std::string good = world_.Authorization(World::Person());
  for (const std::string& bad : {std::string("Bearer "), std::string("Bearer x.y.z"), good + "A",
                                 good.substr(0, good.size() - 8)}) {
    const absl::Status refused = Ask(bad);
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << bad << " " << refused;
    EXPECT_NE(ReasonOf(refused), "");
  }
  EXPECT_EQ(Count("funding", "funders"), 0);
  EXPECT_EQ(Ask(good), absl::OkStatus());
}

// One answer for a school that does not exist, one that is served elsewhere, one that is not the
// caller's, and an rpc that is not theirs: nobody learns which names exist.
TEST_P(WriteTest, UnknownAndForbiddenAreTheSameAnswer) {
  const auto refused = [&](const std::string& school, const security::Caller& caller) {
    CreateFunderRequest request = NewFunder();
    request.set_parent("schools/" + school);
    return world_.Call<Funder>(request, caller).status();
  };
  security::Caller of_metz = World::Person();
  of_metz.schools = {"metz"};
  security::Caller everywhere = World::Person();
  everywhere.schools = {"*"};
  for (const absl::Status& status :
       {refused("atlantis", World::Person()), refused("metz", of_metz), refused("nancy", of_metz),
        refused("atlantis", everywhere), refused("nancy", World::Person("trainer"))}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_EQ(ReasonOf(status), "NOT_ALLOWED");
  }
  EXPECT_EQ(refused("nancy", of_metz).message(),
            refused("nancy", World::Person("trainer")).message());
  EXPECT_EQ(Count("funding", "funders"), 0);
}

TEST_P(WriteTest, BytesThatAreNoMessageAreRefused) {
  const auto* method =
      CreateFunderRequest::descriptor()->file()->service(0)->FindMethodByName("CreateFunder");
  const absl::Status refused =
      world_.CallRaw(*method, "\xff\xff\xff", world_.Authorization(World::Person())).status();
  EXPECT_EQ(ReasonOf(refused), "MALFORMED_REQUEST");
}

}  // namespace
}  // namespace vivier::rpc
