// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/partners/offers/transitions.h"

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/partners/offers/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::partners {
namespace {

using v1::JobOffer;
using v1::PositionCount;

std::set<std::string> Rows() {
  return testing::RowsOf(kJobOfferTransitions,
                         [](auto state) { return JobOffer::State_Name(state); });
}

TEST(JobOfferTransitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/partners/offers/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "JobOffer"), Rows());
}

using Act = std::function<absl::Status(JobOffer&, PositionCount&)>;

const std::map<std::string, Act>& Acts() {
  static const auto& acts = *new std::map<std::string, Act>{
      {"PublishJobOffer", [](JobOffer& offer, PositionCount&) { return Publish(offer); }},
      {"CloseJobOffer", [](JobOffer& offer, PositionCount&) { return Close(offer); }},
      {"UpdateJobOffer", Resize},
      {"TakePosition", TakePosition},
      {"FreePosition",
       [](JobOffer& offer, PositionCount& count) {
         if (count.taken() == 0) return absl::FailedPreconditionError("none is taken");
         FreePosition(offer, count);
         return absl::OkStatus();
       }},
  };
  return acts;
}

// Whether an offer in this state can have so many of its positions taken (rules.h).
bool IsPossible(JobOffer::State state, int positions, int taken) {
  if (state == JobOffer::DRAFT) return taken == 0;
  if (state == JobOffer::CLOSED) return true;
  return (state == JobOffer::FILLED) == (taken == positions);
}

TEST(JobOfferTransitions, TheRulesMoveOffersAsTheRowsSay) {
  constexpr int kPositions = 3;
  // The check of a standard method gives a new offer its state.
  std::set<std::string> done = {"new CreateJobOffer DRAFT"};
  for (int number = 1; number < JobOffer::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<JobOffer::State>(number);
    for (const auto& [act, function] : Acts()) {
      for (int taken = 0; taken <= kPositions; ++taken) {
        for (int wanted = 1; wanted <= kPositions + 1; ++wanted) {
          JobOffer offer;
          offer.set_state(state);
          offer.set_positions(act == "UpdateJobOffer" ? wanted : kPositions);
          PositionCount count;
          count.set_positions(kPositions);
          count.set_taken(taken);
          if (!IsPossible(state, kPositions, taken) || !function(offer, count).ok()) continue;
          done.insert(absl::StrCat(JobOffer::State_Name(state), " ", act, " ",
                                   JobOffer::State_Name(offer.state())));
        }
      }
    }
  }
  EXPECT_EQ(done, Rows());
}

}  // namespace
}  // namespace vivier::partners
