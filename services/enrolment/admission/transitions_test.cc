// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/enrolment/admission/transitions.h"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "services/enrolment/admission/rules.h"
#include "services/enrolment/selection/rules.h"
#include "services/enrolment/selection/states.h"
#include "tests/support/state_diagram.h"

namespace vivier::enrolment {
namespace {

using testing::ReadDiagram;
using testing::ReadSource;
using testing::RowsOf;
using v1::Application;
using v1::Cohort;

constexpr char kHeader[] = "services/enrolment/admission/transitions.h";
constexpr char kHold[] = "a hold";

template <class Rows>
std::set<std::string> Applications(const Rows& rows) {
  return RowsOf(rows, [](auto state) { return Application::State_Name(state); });
}

TEST(Transitions, DiagramsEqualTheirRows) {
  const std::string text = ReadSource(kHeader);
  EXPECT_EQ(ReadDiagram(text, "Application"), Applications(kApplicationTransitions));
}

TEST(Transitions, ADiagramOfOneArrowMoreOrLessIsAnother) {
  const std::string drawn = "//   Application  new ─SubmitApplication▶ SUBMITTED ─Leave▶ LEFT\n";
  EXPECT_EQ(ReadDiagram(drawn, "Application"),
            (std::set<std::string>{"new SubmitApplication SUBMITTED", "SUBMITTED Leave LEFT"}));
  EXPECT_NE(ReadDiagram(drawn, "Application"), Applications(kApplicationTransitions));
}

// One application in a state, and all that its rules look at, in one of their variants.
struct World {
  Cohort cohort;
  v1::CohortSeats seats;
  Standing standing;
  bool better_awaits = false;
  bool flag = false;  // what only one act looks at
  Application application;
};

std::vector<World> Worlds(Application::State state) {
  std::vector<World> worlds;
  for (const Cohort::State cohort : {Cohort::OPEN, Cohort::RUNNING}) {
    for (const int better : {0, 5}) {
      for (const bool awaits : {false, true}) {
        for (const bool flag : {false, true}) {
          World& world = worlds.emplace_back();
          world.cohort.set_name("c");
          world.cohort.set_state(cohort);
          world.cohort.set_capacity(5);
          world.seats.set_capacity(5);
          world.seats.set_held(1);
          world.seats.set_taken(1);
          world.standing = {better, awaits};
          world.better_awaits = awaits;
          world.flag = flag;
          world.application.set_name("c/applications/a");
          world.application.set_cohort("c");
          world.application.set_state(state);
          world.application.set_hold(kHold);
        }
      }
    }
  }
  return worlds;
}

bool EndsIf(bool may, World& world, Application::State end) {
  if (may) End(world.seats, world.application, end);
  return may;
}

bool AdvancesOne(World& world) {
  std::vector<Application> ranked(2);
  ranked[0].set_state(world.better_awaits ? Application::AWAITING_FUNDING : Application::ADMITTED);
  ranked[1] = world.application;
  const auto changed = Advance(
      world.cohort, world.seats, absl::MakeSpan(ranked), world.flag,
      [] { return std::string("another"); }, absl::UnixEpoch());
  world.application = ranked[1];
  return std::find(changed.begin(), changed.end(), &ranked[1]) != changed.end();
}

bool Refuses(World& world) {
  if (!IsCurrent(world.application, kHold)) return false;
  if (world.flag) return EndsIf(true, world, Application::NOT_FUNDABLE);
  AwaitFunding(world.application);
  return true;
}

bool IsAdmitted(const World& world) { return world.application.state() == Application::ADMITTED; }

// Each act as its handler does it: whether it was done.
const std::map<std::string, std::function<bool(World&)>>& Acts() {
  static const auto& acts = *new std::map<std::string, std::function<bool(World&)>>{
      {"PublishRanking",
       [](World& world) {
         return Rank(world.cohort, 0, {&world.application, 1}).ok();
       }},
      {"AdmitApplication",
       [](World& world) {
         return Admit(world.cohort, world.standing, world.seats, world.application, "b",
                      absl::UnixEpoch())
             .ok();
       }},
      {"Advance", AdvancesOne},
      {"SeatFunded",
       [](World& world) {
         if (!IsCurrent(world.application, kHold)) return false;
         Fund(world.seats, world.application, absl::UnixEpoch());
         return true;
       }},
      {"SeatRefused", Refuses},
      // The ticks read what Ask and Fund have set, funding_by and accept_by.
      {"ExpireHold",
       [](World& world) {
         if (world.application.state() != Application::FUNDING_PENDING) return false;
         Renew(world.better_awaits, world.application, "b", absl::UnixEpoch());
         return true;
       }},
      {"ExpireAcceptance",
       [](World& world) { return EndsIf(IsAdmitted(world), world, Application::EXPIRED); }},
      {"AcceptSeat", [](World& world) { return Accept(world.application).ok(); }},
      {"DeclineSeat",
       [](World& world) {
         return EndsIf(CheckDecline(world.application).ok(), world, Application::DECLINED);
       }},
      {"FinishCohort",
       [](World& world) {
         const Application::State state = world.application.state();
         return EndsIf(IsInPlay(state) && state != Application::ACCEPTED, world,
                       Application::EXPIRED);
       }},
      {"WithdrawApplication",
       [](World& world) {
         return EndsIf(CheckWithdraw(world.cohort, world.application).ok(), world,
                       Application::WITHDRAWN);
       }},
      {"RejectApplication",
       [](World& world) {
         return EndsIf(CheckReject(world.application).ok(), world, Application::REJECTED);
       }},
      // A learner there is while the seat is taken.
      {"RecordExit",
       [](World& world) {
         return EndsIf(IsTaken(world.application.state()), world, Application::LEFT);
       }},
  };
  return acts;
}

TEST(Transitions, TheRulesMoveApplicationsAsTheRowsSay) {
  // What the handlers do without a rule: a new application, and those that a ranking leaves out.
  std::set<std::string> done = {"new SubmitApplication SUBMITTED",
                                "SUBMITTED PublishRanking REJECTED"};
  for (int number = 1; number < Application::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<Application::State>(number);
    for (const auto& [act, function] : Acts()) {
      for (World& world : Worlds(state)) {
        if (!function(world)) continue;
        done.insert(absl::StrCat(Application::State_Name(state), " ", act, " ",
                                 Application::State_Name(world.application.state())));
      }
    }
  }
  EXPECT_EQ(done, Applications(kApplicationTransitions));
}

}  // namespace
}  // namespace vivier::enrolment
