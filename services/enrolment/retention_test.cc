#include "services/enrolment/retention.h"

#include "gtest/gtest.h"
#include "services/enrolment/dates.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using v1::Application;
using v1::Learner;

TEST(Retention, CountsMonthsFromTheDecision) {
  EXPECT_EQ(EraseOn(CivilDay(2026, 9, 7)), CivilDay(2028, 9, 7));
  EXPECT_EQ(EraseOn(CivilDay(2026, 12, 31)), CivilDay(2028, 12, 31));
  EXPECT_EQ(EraseOn(CivilDay(2028, 2, 29)), CivilDay(2030, 2, 28)) << "no 29 February that year";
}

struct Row {
  Application::State application;
  Learner::State learner;   // unspecified where there is none
  CivilDay contract_until;  // the epoch where there is none
  bool needed;
};

TEST(Retention, NeedsWhoIsInTheProcess) {
  const CivilDay today(2027, 3, 1), none;
  const Row rows[] = {
      {Application::SUBMITTED, Learner::STATE_UNSPECIFIED, none, true},
      {Application::WAITLISTED, Learner::STATE_UNSPECIFIED, none, true},
      {Application::FUNDING_PENDING, Learner::STATE_UNSPECIFIED, none, true},
      {Application::ADMITTED, Learner::ENROLLED, none, true},
      {Application::ACCEPTED, Learner::ENROLLED, none, true},
      {Application::ACCEPTED, Learner::IN_TRAINING, none, true},
      {Application::ACCEPTED, Learner::FINISHED, none, false},
      {Application::ACCEPTED, Learner::FINISHED, today - 1, false},
      {Application::ACCEPTED, Learner::FINISHED, today, true},
      {Application::LEFT, Learner::LEFT, none, false},
      {Application::LEFT, Learner::LEFT, today + 30, true},
      {Application::REJECTED, Learner::STATE_UNSPECIFIED, none, false},
      {Application::WITHDRAWN, Learner::STATE_UNSPECIFIED, none, false},
      {Application::DECLINED, Learner::LEFT, none, false},
      {Application::NOT_FUNDABLE, Learner::STATE_UNSPECIFIED, none, false},
  };
  for (const Row& row : rows) {
    Application application;
    application.set_state(row.application);
    std::vector<Learner> learners;
    if (row.learner != Learner::STATE_UNSPECIFIED) learners.emplace_back().set_state(row.learner);
    if (row.contract_until != none)
      *learners[0].mutable_contract_end_date() = ToDate(row.contract_until);
    const absl::Status status = CheckErasure({application}, learners, today);
    EXPECT_EQ(ReasonOf(status), row.needed ? "PERSON_NEEDED" : "")
        << Application::State_Name(row.application) << " " << Learner::State_Name(row.learner);
  }
  EXPECT_EQ(CheckErasure({}, {}, today), absl::OkStatus()) << "who never applied";
}

}  // namespace
}  // namespace vivier::enrolment
