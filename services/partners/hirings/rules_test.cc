#include "services/partners/hirings/rules.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::partners {
namespace {

using v1::Hiring;
using v1::JobOffer;
using v1::LearnerPutForward;

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
    Hiring hiring;
    hiring.set_state(row.hiring);
    LearnerPutForward learner;
    learner.set_state(row.learner);
    JobOffer offer;
    offer.set_state(row.offer);
    offer.set_positions(row.positions);
    v1::PositionCount count;
    count.set_positions(row.positions);
    count.set_taken(row.taken);
    const absl::Status status = Accept(hiring, learner, offer, count);
    EXPECT_EQ(ReasonOf(status), row.refusal);
    EXPECT_EQ(offer.state(), row.offer_after);
    EXPECT_EQ(count.taken(), row.taken + (row.refusal.empty() ? 1 : 0));
    EXPECT_EQ(hiring.state(), row.refusal.empty() ? Hiring::ACCEPTED : row.hiring);
    EXPECT_EQ(learner.state(), row.refusal.empty() ? LearnerPutForward::HIRED : row.learner);
  }
}

}  // namespace
}  // namespace vivier::partners
