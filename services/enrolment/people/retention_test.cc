#include "services/enrolment/people/retention.h"

#include "gtest/gtest.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;

TEST(Retention, CountsMonthsFromTheDecision) {
  EXPECT_EQ(EraseOn(CivilDay(2026, 9, 7)), CivilDay(2028, 9, 7));
  EXPECT_EQ(EraseOn(CivilDay(2026, 12, 31)), CivilDay(2028, 12, 31));
  EXPECT_EQ(EraseOn(CivilDay(2028, 2, 29)), CivilDay(2030, 2, 28)) << "no 29 February that year";
}

}  // namespace
}  // namespace vivier::enrolment
