#include "services/funding/funders/rules.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::funding {
namespace {

google::type::Date Day(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(ValidOn, IncludesBothDays) {
  v1::FundingAgreement agreement;
  *agreement.mutable_valid_from() = Day(2026, 9, 1);
  *agreement.mutable_valid_until() = Day(2027, 3, 31);
  EXPECT_FALSE(ValidOn(agreement, Day(2026, 8, 31)));
  EXPECT_TRUE(ValidOn(agreement, Day(2026, 9, 1)));
  EXPECT_TRUE(ValidOn(agreement, Day(2027, 3, 31)));
  EXPECT_FALSE(ValidOn(agreement, Day(2027, 4, 1)));
  EXPECT_TRUE(CheckAgreement(agreement).ok());
  agreement.mutable_valid_until()->set_year(2025);
  EXPECT_EQ(ReasonOf(CheckAgreement(agreement)), "INVALID_FIELD");
}

}  // namespace
}  // namespace vivier::funding
