// A cohort with thousands of ranked applicants: every act works, reads no more than with a few
// hundred, and moves whom the rule moves when it is shown everybody. On both engines.
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/enrolment/admission/rules.h"
#include "services/enrolment/selection/line.h"
#include "services/enrolment/selection/states.h"
#include "services/enrolment/selection/sweeps.h"
#include "tests/support/engines.h"
#include "tests/walls/ranked_crowd.h"

namespace vivier::testing {
namespace {

namespace v1 = enrolment::v1;
using enrolment::Sweeps;
using ::testing::IsEmpty;
using v1::Application;

constexpr int kFew = 150, kMany = 1300;

class RankedTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(RankedTest, NoActReadsMoreBecauseMoreAreRanked) {
  RankedCrowd few(GetParam(), kFew, kFew), many(GetParam(), kMany, kMany);
  for (RankedCrowd* crowd : {&few, &many}) {
    crowd->service().Execute("ANALYZE");
    crowd->service().rolls_back = true;
  }
  for (const RankedCrowd::Act& act : RankedCrowd::Acts()) {
    act.run(few);
    const int64_t work = few.service().WorkOfLastCall();
    act.run(many);
    EXPECT_GT(work, 0) << act.name;
    EXPECT_LE(many.service().WorkOfLastCall(), work + work / 4) << act.name;
  }
}

TEST_P(RankedTest, EveryActWorks) {
  for (const RankedCrowd::Act& act : RankedCrowd::Acts()) {
    RankedCrowd crowd(GetParam(), kMany, kMany);
    act.run(crowd);
    EXPECT_THAT(crowd.service().Broken(), IsEmpty()) << act.name;
  }
}

TEST_P(RankedTest, AFreedSeatGoesToTheBestWhoWaitsAndTheMoneyIsAskedForBehindWhoeverWaits) {
  RankedCrowd crowd(GetParam(), kMany, 0);
  crowd.service().Execute("UPDATE applications SET state = 'SHORTLISTED' WHERE rank = 21");
  v1::DeclineSeatRequest decline;
  decline.set_name(RankedCrowd::Application(1));
  ASSERT_EQ(crowd.service().Ask<Application>(decline).status(), absl::OkStatus());
  // 21 is among the best but nobody admitted them; 22 is not among the best.
  EXPECT_EQ(crowd.StateOf(21), "SHORTLISTED");
  EXPECT_EQ(crowd.StateOf(22), "WAITLISTED");
  EXPECT_EQ(crowd.Seats(), "3+16/20");
  v1::WithdrawApplicationRequest withdraw;
  withdraw.set_name(RankedCrowd::Application(21));
  ASSERT_EQ(crowd.service().Ask<Application>(withdraw).status(), absl::OkStatus());
  EXPECT_EQ(crowd.StateOf(22), "AWAITING_FUNDING");  // behind 3 and 4
  EXPECT_EQ(crowd.Seats(), "4+16/20");
  withdraw.set_name(RankedCrowd::Application(3));
  ASSERT_EQ(crowd.service().Ask<Application>(withdraw).status(), absl::OkStatus());
  EXPECT_EQ(crowd.StateOf(4), "FUNDING_PENDING");  // asked again, and so are those behind
  EXPECT_EQ(crowd.StateOf(22), "FUNDING_PENDING");
  EXPECT_EQ(crowd.StateOf(23), "FUNDING_PENDING");
  EXPECT_EQ(crowd.Seats(), "4+16/20");
  EXPECT_THAT(crowd.service().Broken(), IsEmpty());
}

TEST_P(RankedTest, EndsTheRestInStepsWhenTheCohortIsOver) {
  RankedCrowd crowd(GetParam(), kMany, 0);
  v1::StartCohortRequest start;
  start.set_name(RankedCrowd::Cohort());
  ASSERT_EQ(crowd.service().Ask<v1::Cohort>(start).status(), absl::OkStatus());
  v1::FinishCohortRequest finish;
  finish.set_name(RankedCrowd::Cohort());
  ASSERT_EQ(crowd.service().Ask<v1::Cohort>(finish).status(), absl::OkStatus());
  // Whoever had a seat without accepting lost it with the cohort, whoever waited follows.
  EXPECT_EQ(crowd.Seats(), "0+16/20");
  EXPECT_EQ(crowd.CountIn("EXPIRED"), 4 + Sweeps::kStepRows);
  EXPECT_EQ(crowd.CountIn("ACCEPTED"), 16);
  EXPECT_EQ(crowd.service().RunTicks(), (kMany - RankedCrowd::kSeats - 1) / Sweeps::kStepRows);
  EXPECT_EQ(crowd.CountIn("EXPIRED"), kMany - 16);
  EXPECT_EQ(crowd.CountIn("ACCEPTED"), 16);
  EXPECT_EQ(crowd.service().Number("SELECT COUNT(*) FROM sweeps"), 0);
  EXPECT_THAT(crowd.service().Broken(), IsEmpty());
}

v1::PublishRankingRequest Ranking(int first) {
  v1::PublishRankingRequest request;
  request.set_name(RankedCrowd::Cohort());
  request.add_applications(RankedCrowd::Application(first));
  request.set_reject_others(true);
  return request;
}

TEST_P(RankedTest, RejectsTheOthersInStepsEachWithTheReasonOfTheirRanking) {
  constexpr int kSubmitted = 350;
  RankedCrowd crowd(GetParam(), 30, kSubmitted);
  OneService& service = crowd.service();
  v1::PublishRankingRequest request = Ranking(31);
  request.set_decision_reason("first");
  const auto published = service.Ask<v1::PublishRankingResponse>(request);
  ASSERT_EQ(published.status(), absl::OkStatus());
  EXPECT_EQ(published->rejected(), Sweeps::kStepRows);
  EXPECT_TRUE(published->more_follow());
  EXPECT_EQ(crowd.CountIn("REJECTED"), Sweeps::kStepRows);
  // Who is about to be rejected is not ranked any more.
  const int last = 30 + kSubmitted;
  EXPECT_EQ(ReasonOf(service.Ask<v1::PublishRankingResponse>(Ranking(last)).status()),
            "INVALID_FIELD");
  request = Ranking(last);
  request.set_decision_reason("second");
  EXPECT_EQ(ReasonOf(service.Ask<v1::PublishRankingResponse>(request).status()), "NOT_RANKABLE");
  // Two come later: the second ranking takes one of them and leaves the other out.
  service.now += absl::Hours(1);
  for (int i : {1, 2}) {
    const std::string id = absl::StrCat("late-", i);
    service.Execute(
        absl::StrCat("INSERT INTO candidates (school, name, version, create_time) VALUES ('nancy', "
                     "'schools/nancy/candidates/",
                     id, "', 1, 1)"));
    v1::SubmitApplicationRequest submit;
    submit.set_parent(RankedCrowd::Cohort());
    submit.set_application_id(id);
    submit.mutable_application()->set_candidate("schools/nancy/candidates/" + id);
    ASSERT_EQ(service.Ask<Application>(submit).status(), absl::OkStatus());
  }
  service.now += absl::Hours(1);
  *request.mutable_applications(0) = RankedCrowd::Cohort() + "/applications/late-1";
  const auto second = service.Ask<v1::PublishRankingResponse>(request);
  ASSERT_EQ(second.status(), absl::OkStatus());
  EXPECT_EQ(second->rejected(), 1);
  EXPECT_FALSE(second->more_follow());
  EXPECT_EQ(service.RunTicks(), (kSubmitted - 1) / Sweeps::kStepRows);
  EXPECT_EQ(crowd.CountIn("SUBMITTED"), 0);
  EXPECT_EQ(crowd.CountIn("REJECTED"), kSubmitted - 1 + 1);
  EXPECT_EQ(service.Number("SELECT COUNT(*) FROM events WHERE type LIKE '%ApplicationRejected'"),
            kSubmitted);
  v1::GetApplicationRequest get;
  get.set_name(RankedCrowd::Application(last));
  EXPECT_EQ(service.Ask<Application>(get)->decision_reason(), "first");
  EXPECT_EQ(service.Ask<Application>(get)->decided_by(), "somebody");
  get.set_name(RankedCrowd::Cohort() + "/applications/late-2");
  EXPECT_EQ(service.Ask<Application>(get)->decision_reason(), "second");
}

// A cohort of random size and state, whose sixty ranked are in random states.
struct RandomLine {
  explicit RandomLine(std::mt19937_64& random) {
    cohort.set_name(RankedCrowd::Cohort());
    cohort.set_state(random() % 4 == 0 ? v1::Cohort::RUNNING : v1::Cohort::OPEN);
    cohort.set_capacity(1 + static_cast<int32_t>(random() % 30));
    seats.set_capacity(cohort.capacity());
    for (int rank = 1; rank <= 60; ++rank) {
      auto state = static_cast<Application::State>(2 + random() % 9);
      if (enrolment::HasSeat(state) && enrolment::FreeSeats(seats) == 0)
        state = Application::WAITLISTED;
      seats.set_held(seats.held() + (enrolment::IsHeld(state) ? 1 : 0));
      seats.set_taken(seats.taken() + (enrolment::IsTaken(state) ? 1 : 0));
      Application& application = all.emplace_back();
      application.set_name(RankedCrowd::Application(rank));
      application.set_state(state);
      application.set_rank(rank);
    }
  }

  std::string Sql() const {
    std::string sql = "UPDATE applications SET state = CASE rank";
    for (const Application& application : all)
      absl::StrAppend(&sql, " WHEN ", application.rank(), " THEN '",
                      Application::State_Name(application.state()), "'");
    return sql + " END";
  }

  // Whom the rule moves when it is shown `ranked`.
  std::vector<std::string> Moves(std::vector<Application> ranked, bool ask_again) const {
    v1::CohortSeats of_this = seats;
    std::vector<std::string> moves;
    for (const Application* moved : enrolment::Advance(
             cohort, of_this, absl::MakeSpan(ranked), ask_again, [] { return "hold"; },
             absl::Now()))
      moves.push_back(absl::StrCat(moved->rank(), Application::State_Name(moved->state())));
    return moves;
  }

  v1::Cohort cohort;
  v1::CohortSeats seats;
  std::vector<Application> all;
};

// The rule over those whom the line names decides as over everybody: random lines, random acts.
TEST_P(RankedTest, TheRuleDecidesAsOverEverybody) {
  RankedCrowd crowd(GetParam(), 60, 0);
  const storage::Table<Application> table;
  const enrolment::Line line(table);
  size_t moved = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    RandomLine some(random);
    crowd.service().Execute(some.Sql());
    // Somebody in play leaves, or nobody does.
    auto left_rank = static_cast<int32_t>(random() % 61);
    if (left_rank > 0 && enrolment::IsInPlay(some.all[static_cast<size_t>(left_rank) - 1].state()))
      enrolment::End(some.seats, some.all[static_cast<size_t>(left_rank) - 1],
                     Application::WITHDRAWN);
    else
      left_rank = 0;
    std::erase_if(some.all, [](const auto& a) { return !enrolment::IsInPlay(a.state()); });
    const bool ask_again = random() % 2 == 0;
    std::vector<Application> movable;
    const absl::Status found = crowd.service().Look([&](rpc::Call& call) -> absl::Status {
      ASSIGN_OR_RETURN(movable,
                       line.Movable(call, some.cohort,
                                    {enrolment::FreeSeats(some.seats), left_rank, ask_again}));
      return absl::OkStatus();
    });
    ASSERT_EQ(found, absl::OkStatus());
    const std::vector<std::string> expected = some.Moves(some.all, ask_again);
    ASSERT_EQ(some.Moves(movable, ask_again), expected);
    moved += expected.size();
  }
  EXPECT_GT(moved, 50u);
}

TEST_P(RankedTest, RanksAfterTheWorstOfThoseNotListed) {
  RankedCrowd crowd(GetParam(), 40, 1);
  crowd.service().Execute("UPDATE applications SET state = 'SHORTLISTED' WHERE rank > 30");
  crowd.service().Execute("UPDATE applications SET state = 'WITHDRAWN' WHERE rank = 36");
  v1::PublishRankingRequest request;
  request.set_name(RankedCrowd::Cohort());
  for (int rank : {40, 37, 41, 38, 39}) request.add_applications(RankedCrowd::Application(rank));
  ASSERT_EQ(crowd.service().Ask<v1::PublishRankingResponse>(request).status(), absl::OkStatus());
  std::vector<int64_t> ranks;
  for (int i = 36; i <= 41; ++i)
    ranks.push_back(crowd.service().Number(absl::StrCat(
        "SELECT rank FROM applications WHERE name = '", RankedCrowd::Application(i), "'")));
  EXPECT_EQ(ranks, (std::vector<int64_t>{36, 38, 40, 41, 37, 39}));  // who left keeps theirs
}

INSTANTIATE_TEST_SUITE_P(Engines, RankedTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
