#include "services/enrolment/admission/rules.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using v1::Application;
using v1::Cohort;
using v1::CohortSeats;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Cohort CohortOf(Cohort::State state, int32_t capacity) {
  Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.set_state(state);
  cohort.set_capacity(capacity);
  return cohort;
}

CohortSeats SeatsOf(int32_t capacity, int32_t held, int32_t taken) {
  CohortSeats seats;
  seats.set_capacity(capacity);
  seats.set_held(held);
  seats.set_taken(taken);
  return seats;
}

Application ApplicationOf(Application::State state, int rank) {
  Application application;
  application.set_cohort("schools/nancy/cohorts/ai-1");
  application.set_name(absl::StrCat(application.cohort(), "/applications/a-", rank));
  application.set_state(state);
  application.set_rank(rank);
  return application;
}

std::string NewHold() {
  static int number = 0;
  return absl::StrCat("hold-", ++number);
}

struct Admitting {
  Cohort::State cohort;
  Application::State before;
  int32_t capacity, held, taken;
  Standing standing;
  Application::State after;
  int32_t held_after;
  std::string reason;
};

const Admitting kAdmitting[] = {
    {Cohort::OPEN,
     Application::SHORTLISTED,
     1,
     0,
     0,
     {0, false},
     Application::FUNDING_PENDING,
     1,
     ""},
    {Cohort::OPEN, Application::SHORTLISTED, 1, 0, 0, {1, false}, Application::WAITLISTED, 0, ""},
    {Cohort::OPEN,
     Application::SHORTLISTED,
     2,
     1,
     0,
     {1, false},
     Application::FUNDING_PENDING,
     2,
     ""},
    {Cohort::OPEN,
     Application::SHORTLISTED,
     2,
     1,
     0,
     {1, true},
     Application::AWAITING_FUNDING,
     2,
     ""},
    {Cohort::OPEN,
     Application::WAITLISTED,
     2,
     0,
     1,
     {1, false},
     Application::FUNDING_PENDING,
     1,
     ""},
    {Cohort::OPEN, Application::WAITLISTED, 2, 0, 1, {2, false}, Application::WAITLISTED, 0, ""},
    // Among the best after the capacity shrank, but nobody is put out of their seat.
    {Cohort::OPEN, Application::SHORTLISTED, 2, 1, 1, {0, false}, Application::WAITLISTED, 1, ""},
    {Cohort::RUNNING,
     Application::WAITLISTED,
     2,
     0,
     1,
     {1, false},
     Application::FUNDING_PENDING,
     1,
     ""},
    {Cohort::DRAFT,
     Application::SHORTLISTED,
     2,
     0,
     0,
     {0, false},
     Application::SHORTLISTED,
     0,
     "WRONG_STATE"},
    {Cohort::FINISHED,
     Application::SHORTLISTED,
     2,
     0,
     0,
     {0, false},
     Application::SHORTLISTED,
     0,
     "WRONG_STATE"},
    {Cohort::OPEN,
     Application::SUBMITTED,
     2,
     0,
     0,
     {1, false},
     Application::SUBMITTED,
     0,
     "NOT_ADMISSIBLE"},
    {Cohort::OPEN,
     Application::FUNDING_PENDING,
     2,
     1,
     0,
     {0, false},
     Application::FUNDING_PENDING,
     1,
     "NOT_ADMISSIBLE"},
    {Cohort::OPEN,
     Application::ACCEPTED,
     2,
     0,
     1,
     {0, false},
     Application::ACCEPTED,
     0,
     "NOT_ADMISSIBLE"},
    {Cohort::OPEN,
     Application::WITHDRAWN,
     2,
     0,
     0,
     {0, false},
     Application::WITHDRAWN,
     0,
     "NOT_ADMISSIBLE"},
};

TEST(Admit, FollowsTheTable) {
  for (const Admitting& row : kAdmitting) {
    SCOPED_TRACE(&row - kAdmitting);
    CohortSeats seats = SeatsOf(row.capacity, row.held, row.taken);
    Application application = ApplicationOf(row.before, 3);
    const absl::Status status =
        Admit(CohortOf(row.cohort, row.capacity), row.standing, seats, application, "h", kNow);
    EXPECT_EQ(ReasonOf(status), row.reason);
    EXPECT_EQ(application.state(), row.after);
    EXPECT_EQ(seats.held(), row.held_after);
    EXPECT_EQ(seats.taken(), row.taken);
    EXPECT_EQ(application.has_funding_by(),
              row.reason.empty() && row.after == Application::FUNDING_PENDING);
  }
}

TEST(Funding, OnlyTheCurrentHoldCounts) {
  Application application = ApplicationOf(Application::FUNDING_PENDING, 1);
  application.set_hold("new");
  EXPECT_TRUE(IsCurrent(application, "new"));
  EXPECT_FALSE(IsCurrent(application, "old"));
  AwaitFunding(application);
  EXPECT_FALSE(IsCurrent(application, "new"));
  EXPECT_FALSE(application.has_funding_by());
}

TEST(Funding, MoneyTurnsAHeldSeatIntoATakenOne) {
  CohortSeats seats = SeatsOf(2, 1, 0);
  Application application = ApplicationOf(Application::FUNDING_PENDING, 1);
  Fund(seats, application, kNow);
  EXPECT_EQ(application.state(), Application::ADMITTED);
  EXPECT_EQ(seats.held(), 0);
  EXPECT_EQ(seats.taken(), 1);
  EXPECT_EQ(application.accept_by().seconds(), absl::ToUnixSeconds(kNow) + 7 * 24 * 3600);
  EXPECT_TRUE(Accept(application).ok());
  EXPECT_EQ(application.state(), Application::ACCEPTED);
  EXPECT_FALSE(application.has_accept_by());
  EXPECT_EQ(ReasonOf(Accept(application)), "NOT_ADMITTED");
}

TEST(End, FreesTheSeatThatThereWas) {
  struct Row {
    Application::State before;
    int32_t held, taken;
    bool freed;
  };
  const Row rows[] = {
      {Application::SUBMITTED, 1, 1, false},       {Application::SHORTLISTED, 1, 1, false},
      {Application::WAITLISTED, 1, 1, false},      {Application::FUNDING_PENDING, 0, 1, true},
      {Application::AWAITING_FUNDING, 0, 1, true}, {Application::ADMITTED, 1, 0, true},
      {Application::ACCEPTED, 1, 0, true}};
  for (const Row& row : rows) {
    SCOPED_TRACE(Application::State_Name(row.before));
    CohortSeats seats = SeatsOf(4, 1, 1);
    Application application = ApplicationOf(row.before, 1);
    EXPECT_EQ(End(seats, application, Application::WITHDRAWN), row.freed);
    EXPECT_EQ(application.state(), Application::WITHDRAWN);
    EXPECT_EQ(seats.held(), row.held);
    EXPECT_EQ(seats.taken(), row.taken);
  }
}

TEST(Advance, HoldsTheBestWhoWaitsBehindWhoeverAwaitsMoney) {
  CohortSeats seats = SeatsOf(3, 1, 0);
  std::vector<Application> ranked = {
      ApplicationOf(Application::SHORTLISTED, 1), ApplicationOf(Application::AWAITING_FUNDING, 2),
      ApplicationOf(Application::WAITLISTED, 3), ApplicationOf(Application::WAITLISTED, 4)};
  auto changed =
      Advance(CohortOf(Cohort::OPEN, 3), seats, absl::MakeSpan(ranked), false, NewHold, kNow);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(ranked[2].state(), Application::AWAITING_FUNDING);
  EXPECT_EQ(ranked[3].state(), Application::WAITLISTED);
  EXPECT_EQ(seats.held(), 2);

  changed = Advance(CohortOf(Cohort::OPEN, 3), seats, absl::MakeSpan(ranked), true, NewHold, kNow);
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed[0]->rank(), 2);
  EXPECT_EQ(changed[1]->rank(), 3);
  EXPECT_EQ(ranked[1].state(), Application::FUNDING_PENDING);
  EXPECT_EQ(ranked[2].state(), Application::FUNDING_PENDING);
  EXPECT_NE(ranked[1].hold(), ranked[2].hold());
}

TEST(Advance, FillsNoSeatByItselfAfterTheStart) {
  CohortSeats seats = SeatsOf(1, 0, 0);
  std::vector<Application> ranked = {ApplicationOf(Application::WAITLISTED, 1)};
  EXPECT_TRUE(
      Advance(CohortOf(Cohort::RUNNING, 1), seats, absl::MakeSpan(ranked), true, NewHold, kNow)
          .empty());
  EXPECT_EQ(seats.held(), 0);
}

TEST(Renew, KeepsTheSeatAndAsksWithANewHold) {
  Application application = ApplicationOf(Application::FUNDING_PENDING, 2);
  application.set_hold("old");
  Renew(false, application, "new", kNow);
  EXPECT_TRUE(IsCurrent(application, "new"));
  EXPECT_EQ(application.funding_by().seconds(), absl::ToUnixSeconds(kNow) + 24 * 3600);
  Renew(true, application, "newest", kNow);
  EXPECT_EQ(application.state(), Application::AWAITING_FUNDING);
  EXPECT_FALSE(application.has_funding_by());
}

TEST(CheckWithdraw, FollowsTheTable) {
  struct Row {
    Cohort::State cohort;
    Application::State state;
    std::string withdraw, reject;
  };
  const Row rows[] = {
      {Cohort::OPEN, Application::SUBMITTED, "", ""},
      {Cohort::OPEN, Application::AWAITING_FUNDING, "", ""},
      {Cohort::OPEN, Application::ADMITTED, "", "ALREADY_DECIDED"},
      {Cohort::OPEN, Application::ACCEPTED, "", "ALREADY_DECIDED"},
      {Cohort::RUNNING, Application::ACCEPTED, "COHORT_STARTED", "ALREADY_DECIDED"},
      {Cohort::RUNNING, Application::WAITLISTED, "", ""},
      {Cohort::OPEN, Application::WITHDRAWN, "ALREADY_ENDED", "ALREADY_ENDED"},
      {Cohort::OPEN, Application::NOT_FUNDABLE, "ALREADY_ENDED", "ALREADY_ENDED"},
      {Cohort::RUNNING, Application::LEFT, "ALREADY_ENDED", "ALREADY_ENDED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(Application::State_Name(row.state));
    const Application application = ApplicationOf(row.state, 1);
    EXPECT_EQ(ReasonOf(CheckWithdraw(CohortOf(row.cohort, 1), application)), row.withdraw);
    EXPECT_EQ(ReasonOf(CheckReject(application)), row.reject);
  }
}

TEST(Resize, NeverBelowTheSeatsInUse) {
  CohortSeats seats = SeatsOf(10, 3, 4);
  EXPECT_EQ(ReasonOf(Resize(6, seats)), "CAPACITY_BELOW_SEATS");
  EXPECT_EQ(seats.capacity(), 10);
  EXPECT_TRUE(Resize(7, seats).ok());
  EXPECT_EQ(seats.capacity(), 7);
}

}  // namespace
}  // namespace vivier::enrolment
