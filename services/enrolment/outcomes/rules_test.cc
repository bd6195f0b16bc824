#include "services/enrolment/outcomes/rules.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

TEST(OutcomeOf, CountsAContractThatFollowsAtOnce) {
  struct Row {
    partners::v1::ContractKind kind;
    absl::CivilDay start;
    bool counts;
    v1::OutcomeRecorded::Situation situation;
  };
  const Row rows[] = {
      {partners::v1::PROFESSIONALISATION, absl::CivilDay(2027, 10, 4), true,
       v1::OutcomeRecorded::EMPLOYED_IN_TRAINING},
      {partners::v1::APPRENTICESHIP, absl::CivilDay(2027, 9, 1), true,
       v1::OutcomeRecorded::EMPLOYED_IN_TRAINING},
      {partners::v1::OPEN_ENDED, absl::CivilDay(2027, 12, 29), true, v1::OutcomeRecorded::EMPLOYED},
      {partners::v1::FIXED_TERM, absl::CivilDay(2027, 12, 30), false, {}},
  };
  v1::Cohort cohort;
  *cohort.mutable_end_date() = ToDate(absl::CivilDay(2027, 9, 30));
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    partners::v1::ContractSigned contract;
    contract.set_kind(row.kind);
    *contract.mutable_start_date() = ToDate(row.start);
    const auto outcome = OutcomeOf(contract, cohort);
    ASSERT_EQ(outcome.has_value(), row.counts);
    if (!row.counts) continue;
    EXPECT_EQ(outcome->situation(), row.situation);
    EXPECT_EQ(outcome->months_after(), 0);
  }
}

// Three months after 30 November is the last of February: no overflow into March.
TEST(OutcomeOf, ClampsTheMonthsAtTheEndOfAShortMonth) {
  const struct {
    absl::CivilDay end, start;
    bool counts;
  } rows[] = {
      {absl::CivilDay(2027, 11, 30), absl::CivilDay(2028, 2, 28), true},
      {absl::CivilDay(2027, 11, 30), absl::CivilDay(2028, 2, 29), false},
      {absl::CivilDay(2026, 11, 30), absl::CivilDay(2027, 2, 27), true},
      {absl::CivilDay(2026, 11, 30), absl::CivilDay(2027, 2, 28), false},
      {absl::CivilDay(2026, 11, 30), absl::CivilDay(2027, 3, 1), false},
      {absl::CivilDay(2027, 8, 31), absl::CivilDay(2027, 11, 29), true},
      {absl::CivilDay(2027, 8, 31), absl::CivilDay(2027, 11, 30), false},
  };
  for (const auto& row : rows) {
    v1::Cohort cohort;
    *cohort.mutable_end_date() = ToDate(row.end);
    partners::v1::ContractSigned contract;
    *contract.mutable_start_date() = ToDate(row.start);
    EXPECT_EQ(OutcomeOf(contract, cohort).has_value(), row.counts) << row.end << " " << row.start;
  }
}

TEST(CheckOutcome, FollowsTheTable) {
  struct Row {
    v1::Learner::State state;
    int months;
    std::string reason;
  };
  const Row rows[] = {{v1::Learner::FINISHED, 6, ""},
                      {v1::Learner::LEFT, 12, ""},
                      {v1::Learner::FINISHED, 4, "INVALID_FIELD"},
                      {v1::Learner::IN_TRAINING, 3, "NOT_FINISHED"},
                      {v1::Learner::ENROLLED, 0, "NOT_FINISHED"}};
  for (const Row& row : rows) {
    v1::Learner learner;
    learner.set_state(row.state);
    v1::Outcome outcome;
    outcome.set_months_after(row.months);
    *outcome.mutable_date() = ToDate(absl::CivilDay(2028, 3, 30));
    EXPECT_EQ(ReasonOf(CheckOutcome(learner, outcome)), row.reason) << &row - rows;
  }
}

}  // namespace
}  // namespace vivier::enrolment
