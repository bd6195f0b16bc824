#include "services/partners/rules.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/error.h"

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

TEST(AcceptTest, TakesAPositionOrSaysWhyNot) {
  struct Row {
    Hiring::State hiring;
    LearnerPutForward::State learner;
    JobOffer::State offer;
    int positions, taken;
    std::string refusal;
    JobOffer::State offer_after;
  };
  const Row rows[] = {
      {Hiring::PROPOSED, LearnerPutForward::AVAILABLE, JobOffer::PUBLISHED, 2, 0, "",
       JobOffer::PUBLISHED},
      {Hiring::PROPOSED, LearnerPutForward::AVAILABLE, JobOffer::PUBLISHED, 2, 1, "",
       JobOffer::FILLED},
      {Hiring::PROPOSED, LearnerPutForward::AVAILABLE, JobOffer::FILLED, 2, 2, "POSITIONS_TAKEN",
       JobOffer::FILLED},
      {Hiring::PROPOSED, LearnerPutForward::AVAILABLE, JobOffer::CLOSED, 2, 1, "JOB_OFFER_STATE",
       JobOffer::CLOSED},
      {Hiring::PROPOSED, LearnerPutForward::HIRED, JobOffer::PUBLISHED, 2, 0,
       "LEARNER_NOT_AVAILABLE", JobOffer::PUBLISHED},
      {Hiring::DECLINED, LearnerPutForward::AVAILABLE, JobOffer::PUBLISHED, 2, 0, "HIRING_STATE",
       JobOffer::PUBLISHED},
      {Hiring::ACCEPTED, LearnerPutForward::HIRED, JobOffer::PUBLISHED, 2, 1, "HIRING_STATE",
       JobOffer::PUBLISHED},
  };
  for (const Row& row : rows) {
    World world = MakeWorld(row.hiring, row.learner, row.offer, row.positions, row.taken);
    const absl::Status status = Accept(world.hiring, world.learner, world.offer, world.count);
    EXPECT_EQ(ReasonOf(status), row.refusal);
    EXPECT_EQ(world.offer.state(), row.offer_after);
    EXPECT_EQ(world.count.taken(), row.taken + (row.refusal.empty() ? 1 : 0));
    EXPECT_EQ(world.hiring.state(), row.refusal.empty() ? Hiring::ACCEPTED : row.hiring);
    EXPECT_EQ(world.learner.state(), row.refusal.empty() ? LearnerPutForward::HIRED : row.learner);
  }
}

TEST(JobOfferTest, StatesFollowTheDiagram) {
  struct Row {
    JobOffer::State before;
    std::string publish, close;
  };
  const Row rows[] = {{JobOffer::DRAFT, "", ""},
                      {JobOffer::PUBLISHED, "JOB_OFFER_STATE", ""},
                      {JobOffer::FILLED, "JOB_OFFER_STATE", ""},
                      {JobOffer::CLOSED, "JOB_OFFER_STATE", "JOB_OFFER_STATE"}};
  for (const Row& row : rows) {
    JobOffer published, closed;
    published.set_state(row.before);
    closed.set_state(row.before);
    EXPECT_EQ(ReasonOf(Publish(published)), row.publish);
    EXPECT_EQ(ReasonOf(Close(closed)), row.close);
  }
}

TEST(SignTest, OnlyErrorsRefuse) {
  struct Row {
    Contract::State contract;
    Hiring::State hiring;
    std::vector<v1::Finding::Severity> findings;
    std::string refusal;
  };
  const Row rows[] = {
      {Contract::DRAFT, Hiring::ACCEPTED, {}, ""},
      {Contract::DRAFT, Hiring::ACCEPTED, {v1::Finding::WARNING}, ""},
      {Contract::DRAFT,
       Hiring::ACCEPTED,
       {v1::Finding::WARNING, v1::Finding::ERROR},
       "CONTRACT_NOT_LEGAL"},
      {Contract::DRAFT, Hiring::DECLINED, {}, "HIRING_STATE"},
      {Contract::SIGNED, Hiring::ACCEPTED, {}, "CONTRACT_STATE"},
      {Contract::BROKEN, Hiring::BROKEN, {}, "CONTRACT_STATE"},
  };
  for (const Row& row : rows) {
    Contract contract;
    contract.set_state(row.contract);
    Hiring hiring;
    hiring.set_state(row.hiring);
    std::vector<v1::Finding> findings(row.findings.size());
    for (size_t i = 0; i < findings.size(); ++i) findings[i].set_severity(row.findings[i]);
    EXPECT_EQ(ReasonOf(Sign(contract, hiring, findings)), row.refusal);
    EXPECT_EQ(contract.state(), row.refusal.empty() ? Contract::SIGNED : row.contract);
  }
}

// Any sequence of acts on one offer and many learners keeps what rules.h promises, against a plain
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
