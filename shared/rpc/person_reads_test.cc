#include "shared/rpc/person_reads.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PersonsIn, NamesEachPersonOfAPageOnce) {
  enrolment::v1::ListApplicationsResponse page;
  for (const char* candidate :
       {"schools/nancy/candidates/b", "schools/nancy/candidates/a", "schools/nancy/candidates/b"})
    page.add_applications()->set_candidate(candidate);
  page.add_applications();  // of nobody
  EXPECT_THAT(PersonsIn(page),
              ElementsAre("schools/nancy/candidates/a", "schools/nancy/candidates/b"));
}

TEST(PersonsIn, FindsThePersonWhoIsTheMessage) {
  enrolment::v1::Candidate candidate;
  candidate.set_name("schools/nancy/candidates/a");
  EXPECT_THAT(PersonsIn(candidate), ElementsAre("schools/nancy/candidates/a"));
}

TEST(PersonsIn, FindsNobodyInACohort) {
  enrolment::v1::Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.add_eligibility_rules();
  EXPECT_THAT(PersonsIn(cohort), IsEmpty());
}

TEST(PersonsIn, FindsThePersonsOfAMessageInAMessage) {
  enrolment::v1::SubmitApplicationRequest request;
  EXPECT_THAT(PersonsIn(request), IsEmpty());
  request.mutable_application()->set_candidate("schools/nancy/candidates/a");
  EXPECT_THAT(PersonsIn(request), ElementsAre("schools/nancy/candidates/a"));
}

}  // namespace
}  // namespace vivier::rpc
