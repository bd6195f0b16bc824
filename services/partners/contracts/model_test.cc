// Positions over any sequence of acts of three parts: offers are edited, hirings proposed, accepted
// and declined, contracts broken.
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "services/partners/contracts/rules.h"
#include "services/partners/hirings/rules.h"
#include "services/partners/offers/rules.h"

namespace vivier::partners {
namespace {

using v1::Contract;
using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

struct World {
  Hiring hiring;
  LearnerPutForward learner;
  JobOffer offer;
  v1::PositionCount count;
};

World MakeWorld(Hiring::State hiring, LearnerPutForward::State learner, JobOffer::State offer,
                int positions, int taken) {
  World world;
  world.hiring.set_state(hiring);
  world.learner.set_state(learner);
  world.offer.set_state(offer);
  world.offer.set_positions(positions);
  world.count.set_positions(positions);
  world.count.set_taken(taken);
  return world;
}

// Any sequence of acts on one offer and many learners keeps what the rules promise, against a plain
// count of hirings.
TEST(PositionsTest, AreNeverOverFilledAndAlwaysRecountable) {
  std::mt19937_64 random(20261122);
  int accepted = 0, refused = 0;
  for (int run = 0; run < 300; ++run) {
    const int positions = static_cast<int>(random() % 4 + 1);
    World shared = MakeWorld(Hiring::PROPOSED, LearnerPutForward::AVAILABLE, JobOffer::PUBLISHED,
                             positions, 0);
    std::vector<Hiring> hirings(8);
    std::vector<LearnerPutForward> learners(8);
    for (LearnerPutForward& learner : learners) learner.set_state(LearnerPutForward::AVAILABLE);
    for (int step = 0; step < 60; ++step) {
      const size_t who = random() % hirings.size();
      absl::Status status;
      switch (random() % 5) {
        case 0:
          status = Propose(learners[who], shared.offer, hirings[who]);
          break;
        case 1:
          status = Accept(hirings[who], learners[who], shared.offer, shared.count);
          break;
        case 2:
          status = Decline(hirings[who], learners[who], shared.offer, shared.count);
          break;
        case 3: {
          Contract contract;
          contract.set_state(hirings[who].state() == Hiring::ACCEPTED ? Contract::SIGNED
                                                                      : Contract::DRAFT);
          google::type::Date day;
          day.set_year(2026);
          day.set_month(12);
          day.set_day(1);
          *contract.mutable_start_date() = day;
          status = Break(contract, day, hirings[who], learners[who], shared.offer, shared.count);
          break;
        }
        default: {
          JobOffer edited = shared.offer;
          edited.set_positions(static_cast<int>(random() % 4 + 1));
          status = Resize(edited, shared.count);
          if (status.ok()) shared.offer = edited;
        }
      }
      ++(status.ok() ? accepted : refused);
      int taken = 0;
      for (const Hiring& hiring : hirings) taken += hiring.state() == Hiring::ACCEPTED;
      ASSERT_EQ(shared.count.taken(), taken);
      ASSERT_LE(taken, shared.count.positions());
      ASSERT_EQ(shared.offer.state() == JobOffer::FILLED, taken == shared.count.positions());
      for (size_t i = 0; i < hirings.size(); ++i)
        ASSERT_EQ(hirings[i].state() == Hiring::ACCEPTED,
                  learners[i].state() == LearnerPutForward::HIRED);
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace vivier::partners
