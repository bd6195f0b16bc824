#include "shared/rpc/shown_persons.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kLearner[] = "schools/nancy/cohorts/ai-1/learners/zoe";
constexpr char kEntry[] =
    "schools/nancy/cohorts/ai-1/attendanceSheets/2026-10-05-am/presenceEntries/zoe";

Method MethodOf(const google::protobuf::Descriptor* request) {
  return *Describe(MethodTaking(*request));
}

TEST(ShownPersons, NamesEachPersonOfAPageOnce) {
  enrolment::v1::ListApplicationsResponse page;
  for (const char* candidate :
       {"schools/nancy/candidates/b", "schools/nancy/candidates/a", "schools/nancy/candidates/b"})
    page.add_applications()->set_candidate(candidate);
  page.add_applications();  // of nobody
  const ShownPersons shown = PersonsIn(page);
  EXPECT_THAT(shown.rows, ElementsAre("schools/nancy/candidates/a", "schools/nancy/candidates/b"));
  EXPECT_THAT(shown.opened, IsEmpty());
}

TEST(ShownPersons, OpensThePersonWhoIsTheMessage) {
  enrolment::v1::Candidate candidate;
  candidate.set_name("schools/nancy/candidates/a");
  EXPECT_THAT(PersonsIn(candidate).opened, ElementsAre("schools/nancy/candidates/a"));
}

TEST(ShownPersons, FindsNobodyInACohort) {
  enrolment::v1::Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.add_eligibility_rules();
  EXPECT_TRUE(PersonsIn(cohort).empty());
  EXPECT_FALSE(ShowsPersons(*cohort.GetDescriptor()));
}

// The one whom the message is about, whatever else of theirs it names; who follows them besides.
TEST(ShownPersons, CountsOnePersonUnderOneName) {
  enrolment::v1::Learner learner;
  learner.set_candidate("schools/nancy/candidates/a");
  learner.set_application("schools/nancy/cohorts/ai-1/applications/zoe");
  EXPECT_THAT(PersonsIn(learner).opened, ElementsAre("schools/nancy/candidates/a"));
  partners::v1::Contract contract;
  contract.set_learner(kLearner);
  contract.set_hiring("schools/nancy/hirings/h");
  contract.set_tutor("schools/nancy/tutors/t");
  EXPECT_THAT(PersonsIn(contract).opened, ElementsAre(kLearner, "schools/nancy/tutors/t"));
}

TEST(ShownPersons, ReadsThePersonInAName) {
  funding::v1::Earning earning;
  earning.set_reservation("schools/nancy/reservations/r");
  EXPECT_THAT(PersonsIn(earning).opened, ElementsAre("schools/nancy/reservations/r"));
  earning.set_presence_entry(kEntry);
  EXPECT_THAT(PersonsIn(earning).opened, ElementsAre(kLearner));
  funding::v1::JournalEntry entry;
  entry.set_subject("schools/nancy/earnings/ai-1.2026-10-05-am.zoe.1.2.reversal");
  EXPECT_THAT(PersonsIn(entry).opened, ElementsAre(kLearner));
  entry.set_subject("schools/nancy/fundingAgreements/prf");
  EXPECT_TRUE(PersonsIn(entry).empty());
}

TEST(ShownPersons, CountsWhoStandsInAListOfOneAnswerAsRows) {
  curriculum::v1::JurySession session;
  session.add_decisions()->set_learner(kLearner);
  EXPECT_THAT(PersonsIn(session).rows, ElementsAre(kLearner));
  EXPECT_FALSE(IsOfPerson(*session.GetDescriptor()));
}

TEST(ShownPersons, FindsThePersonsOfAMessageInAMessage) {
  enrolment::v1::SubmitApplicationRequest request;
  EXPECT_TRUE(PersonsIn(request).empty());
  request.mutable_application()->set_candidate("schools/nancy/candidates/a");
  EXPECT_THAT(PersonsIn(request).opened, ElementsAre("schools/nancy/candidates/a"));
}

// An answer that names nobody may tell of whom the request names.
TEST(ShownPersons, OpensWhatIsCheckedByItsName) {
  partners::v1::CheckContractRequest request;
  request.set_name("schools/nancy/contracts/c");
  const Method method = MethodOf(request.GetDescriptor());
  EXPECT_TRUE(ShowsPersons(method));
  EXPECT_THAT(PersonsShown(method, request, partners::v1::CheckContractResponse()).opened,
              ElementsAre("schools/nancy/contracts/c"));
}

TEST(ShownPersons, IsNobodyWhereTheCallerJustWroteAllOfIt) {
  enrolment::v1::CreateCandidateRequest create;
  create.mutable_candidate()->set_given_name("Zoé");
  enrolment::v1::Candidate answer = create.candidate();
  answer.set_name("schools/nancy/candidates/a");
  EXPECT_TRUE(PersonsShown(MethodOf(create.GetDescriptor()), create, answer).empty());
  enrolment::v1::UpdateCandidateRequest update;
  *update.mutable_candidate() = answer;
  EXPECT_TRUE(PersonsShown(MethodOf(update.GetDescriptor()), update, answer).empty());
  answer.set_email("zoe@example.org");  // which the mask left as it was
  EXPECT_THAT(PersonsShown(MethodOf(update.GetDescriptor()), update, answer).opened,
              ElementsAre("schools/nancy/candidates/a"));
}

}  // namespace
}  // namespace vivier::rpc
