// The diagrams of transitions.h, their rows and what the rules do are one and the same.
#include "services/partners/hirings/transitions.h"

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/partners/hirings/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::partners {
namespace {

using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

std::set<std::string> Learners() {
  return testing::RowsOf(kLearnerPutForwardTransitions,
                         [](auto state) { return LearnerPutForward::State_Name(state); });
}

std::set<std::string> Hirings() {
  return testing::RowsOf(kHiringTransitions, [](auto state) { return Hiring::State_Name(state); });
}

TEST(HiringTransitions, DiagramsEqualTheirRows) {
  const std::string text = testing::ReadSource("services/partners/hirings/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "LearnerPutForward"), Learners());
  EXPECT_EQ(testing::ReadDiagram(text, "Hiring"), Hirings());
}

// A hiring, its learner, and an offer of two positions of which one is taken.
struct World {
  Hiring hiring;
  LearnerPutForward learner;
  JobOffer offer;
  v1::PositionCount count;
};

World WorldIn(Hiring::State hiring, LearnerPutForward::State learner) {
  World world;
  world.hiring.set_state(hiring);
  world.learner.set_state(learner);
  world.offer.set_state(JobOffer::PUBLISHED);
  world.offer.set_positions(2);
  world.count.set_positions(2);
  world.count.set_taken(1);
  return world;
}

// Each act as its handler does it: whether it was done.
const std::map<std::string, std::function<bool(World&)>>& Acts() {
  static const auto& acts = *new std::map<std::string, std::function<bool(World&)>>{
      {"AcceptHiring", [](World& w) { return Accept(w.hiring, w.learner, w.offer, w.count).ok(); }},
      {"DeclineHiring",
       [](World& w) { return Decline(w.hiring, w.learner, w.offer, w.count).ok(); }},
      {"BreakContract",
       [](World& w) { return EndBroken(w.hiring, w.learner, w.offer, w.count).ok(); }},
      {"CompleteContract", [](World& w) { return MoveHiring("CompleteContract", w.hiring).ok(); }},
      {"CreateContract", [](World& w) { return MoveHiring("CreateContract", w.hiring).ok(); }},
      {"SignContract", [](World& w) { return CheckAccepted(w.hiring).ok(); }},
      {"CloseJobOffer", [](World& w) { return MoveHiring("CloseJobOffer", w.hiring).ok(); }},
  };
  return acts;
}

TEST(HiringTransitions, TheRulesMoveHiringsAndLearnersAsTheRowsSay) {
  std::set<std::string> hirings, learners;
  const auto note = [](std::set<std::string>& done, auto from, absl::string_view act, auto to) {
    done.insert(absl::StrCat(from, " ", act, " ", to));
  };
  for (int number = 1; number < Hiring::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<Hiring::State>(number);
    // The learner of an accepted hiring is hired; of what is only proposed, by another offer.
    const auto before =
        state == Hiring::ACCEPTED ? LearnerPutForward::HIRED : LearnerPutForward::AVAILABLE;
    for (const auto& [act, function] : Acts()) {
      World world = WorldIn(state, before);
      if (!function(world)) {
        EXPECT_EQ(world.hiring.state(), state) << act;
        continue;
      }
      note(hirings, Hiring::State_Name(state), act, Hiring::State_Name(world.hiring.state()));
      if (world.learner.state() != before)
        note(learners, LearnerPutForward::State_Name(before), act,
             LearnerPutForward::State_Name(world.learner.state()));
    }
    for (const char* act : {"LearnerLeft", "PersonErased"}) {
      Hiring hiring;
      hiring.set_state(state);
      if (MoveHiring(act, hiring).ok())
        note(hirings, Hiring::State_Name(state), act, Hiring::State_Name(hiring.state()));
    }
  }
  for (int number = 0; number < LearnerPutForward::State_ARRAYSIZE; ++number) {
    for (const char* act : {"LearnerFinished", "LearnerLeft", "PersonErased"}) {
      LearnerPutForward learner;
      learner.set_state(static_cast<LearnerPutForward::State>(number));
      if (MoveLearner(act, learner))
        note(learners, number == 0 ? "new" : LearnerPutForward::State_Name(number), act,
             LearnerPutForward::State_Name(learner.state()));
    }
  }
  World world = WorldIn(Hiring::STATE_UNSPECIFIED, LearnerPutForward::AVAILABLE);
  ASSERT_TRUE(Propose(world.learner, world.offer, world.hiring).ok());
  note(hirings, "new", "ProposeHiring", Hiring::State_Name(world.hiring.state()));
  EXPECT_EQ(hirings, Hirings());
  EXPECT_EQ(learners, Learners());
}

// Who is only proposed elsewhere keeps their job when that proposal is declined.
TEST(HiringTransitions, ADeclinedProposalLeavesItsLearnerHired) {
  World world = WorldIn(Hiring::PROPOSED, LearnerPutForward::HIRED);
  ASSERT_TRUE(Decline(world.hiring, world.learner, world.offer, world.count).ok());
  EXPECT_EQ(world.learner.state(), LearnerPutForward::HIRED);
  EXPECT_EQ(world.count.taken(), 1);
}

}  // namespace
}  // namespace vivier::partners
