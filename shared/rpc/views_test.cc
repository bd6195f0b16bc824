#include "shared/rpc/views.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::rpc {
namespace {

using enrolment::v1::Application;
using enrolment::v1::Candidate;
using enrolment::v1::Learner;
using security::ShownFields;
using ::testing::IsEmpty;

security::Caller With(const std::vector<std::string>& roles) {
  return {"zoe", security::Caller::Kind::kPerson, roles, {"nancy"}, ""};
}

template <class Request>
Method MethodOf() {
  return *Describe(MethodTaking(*Request::descriptor()));
}

Learner Whole() {
  Learner learner;
  learner.set_name("schools/nancy/cohorts/ai-1/learners/zoe");
  learner.set_candidate("schools/nancy/candidates/zoe");
  learner.set_state(Learner::LEFT);
  learner.set_certification(Learner::PARTIAL);
  learner.set_exit_cause(enrolment::v1::LearnerLeft::HEALTH);
  return learner;
}

Learner SeenBy(const std::vector<std::string>& roles) {
  const Method method = MethodOf<enrolment::v1::GetLearnerRequest>();
  const Views views(method);
  EXPECT_THAT(views.wrong(), IsEmpty());
  Learner learner = Whole();
  views.Apply(With(roles), learner);
  return learner;
}

TEST(Views, ShowEachRoleItsFields) {
  EXPECT_EQ(SeenBy({"admissions_officer"}).SerializeAsString(), Whole().SerializeAsString());
  const Learner trainers = SeenBy({"trainer"});
  EXPECT_EQ(trainers.state(), Learner::LEFT);
  EXPECT_EQ(trainers.candidate(), "");
  EXPECT_EQ(trainers.certification(), Learner::CERTIFICATION_UNSPECIFIED);
  EXPECT_FALSE(trainers.has_exit_cause());
}

TEST(Views, OfSeveralRolesAreJoined) {
  const Learner seen = SeenBy({"trainer", "assessor"});
  EXPECT_EQ(seen.certification(), Learner::PARTIAL);
  EXPECT_FALSE(seen.has_exit_cause());
}

// What lets nobody in shows nothing, also of a role that sees more of the message elsewhere.
TEST(Views, ShowNothingToWhoIsNotLetInByTheRole) {
  EXPECT_EQ(SeenBy({}).SerializeAsString(), "");
  EXPECT_EQ(SeenBy({"finance_officer"}).SerializeAsString(), "");
}

TEST(Views, OfARoleOfTheSchoolsOwnAreWhatAllOfTheStaffSee) {
  const Learner seen = SeenBy({"schools/nancy/roles/own", "permission:learners.get"});
  EXPECT_EQ(seen.state(), Learner::LEFT);
  EXPECT_EQ(seen.candidate(), "");
  EXPECT_EQ(seen.certification(), Learner::CERTIFICATION_UNSPECIFIED);
}

TEST(Views, ReachIntoListsAndWhatAnAnyHolds) {
  const Method list = MethodOf<enrolment::v1::ListLearnersRequest>();
  enrolment::v1::ListLearnersResponse page;
  *page.add_learners() = Whole();
  page.set_next_page_token("t");
  Views(list).Apply(With({"trainer"}), page);
  EXPECT_FALSE(page.learners(0).has_exit_cause());
  EXPECT_EQ(page.next_page_token(), "t");

  const Method get = MethodOf<operations::v1::GetOperationRequest>();
  enrolment::v1::ImportReport report, seen;
  report.add_rows()->set_application("schools/nancy/cohorts/ai-1/applications/zoe");
  report.set_accepted(1);
  operations::v1::Operation operation;
  operation.set_done(true);
  operation.mutable_response()->PackFrom(report);
  Views(get).Apply(With({"trainer"}), operation);
  ASSERT_TRUE(operation.response().UnpackTo(&seen));
  EXPECT_EQ(seen.accepted(), 1);
  EXPECT_EQ(seen.rows(0).application(), "");
}

TEST(Views, AreNoneWhereNobodyIsShown) {
  const Method method = MethodOf<enrolment::v1::GetCohortRequest>();
  EXPECT_TRUE(Views(method).empty());
  EXPECT_THAT(Views(method).wrong(), IsEmpty());
}

// An rpc that lets others in than its answer has views of.
TEST(Views, AreMissedWhereSomebodyMayCallWhoHasNone) {
  Method method = MethodOf<enrolment::v1::GetLearnerRequest>();
  method.permission = "journalEntries.get";  // of auditors and finance officers
  EXPECT_EQ(Views(method).wrong().size(), 2U);
}

// Who may update and does not see everything overwrites nothing that they do not see.
TEST(Views, KeepUpdatesToWhatIsSeen) {
  const auto& resource =
      *enrolment::v1::UpdateCandidateRequest::descriptor()->FindFieldByName("candidate");
  const ShownFields seen = *ShownFields::Parse(*Candidate::descriptor(), "name given_name email");
  const struct {
    std::string request, field;
  } rows[] = {
      {"candidate { name: 'n' email: 'e' }", ""},
      {"candidate { name: 'n' phone: '1' }", "candidate.phone"},
      {"candidate { name: 'n' email: 'e' } update_mask { paths: 'email' }", ""},
      {"candidate { name: 'n' } update_mask { paths: ['email', 'phone'] }", "update_mask"},
      {"candidate { name: 'n' email: 'e' } update_mask { paths: '*' }", "update_mask"},
  };
  for (const auto& row : rows) {
    enrolment::v1::UpdateCandidateRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(row.request, &request));
    const absl::Status status = CheckUpdated(resource, seen, request);
    EXPECT_EQ(status.ok(), row.field.empty()) << row.request << " " << status;
    std::string field;
    for (const auto& [key, value] : MetadataOf(status))
      if (key == "field") field = value;
    EXPECT_EQ(field, row.field) << row.request;
  }
}

TEST(Views, KeepListsToWhatIsSeen) {
  const ShownFields seen = *ShownFields::Parse(*Application::descriptor(), "name state");
  const struct {
    std::string request;
    bool ok;
  } rows[] = {
      {"", true},
      {"filter: 'state = SUBMITTED'", true},
      {"filter: 'rank = 1'", false},
      {"filter: '(rank = 1)'", false},
      {"filter: 'state = SUBMITTED AND rank = 1'", false},
      {"order_by: 'rank desc'", false},
      {"order_by: 'name' filter: 'candidate = x'", false},
      {"filter: 'rank ='", true},  // which the list refuses
  };
  for (const auto& row : rows) {
    enrolment::v1::ListApplicationsRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(row.request, &request));
    EXPECT_EQ(CheckListed(*Application::descriptor(), seen, request).ok(), row.ok) << row.request;
  }
}

}  // namespace
}  // namespace vivier::rpc
