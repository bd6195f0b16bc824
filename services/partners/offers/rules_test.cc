#include "services/partners/offers/rules.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::partners {
namespace {

using v1::JobOffer;

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

}  // namespace
}  // namespace vivier::partners
