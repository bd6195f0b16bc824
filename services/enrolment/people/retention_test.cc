#include "services/enrolment/people/retention.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "shared/base/date.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using options::v1::KeptPeriod;

constexpr CivilDay kToday(2027, 6, 1);

std::map<std::string, std::string> UntilOf(const Proven& proven) {
  std::map<std::string, std::string> until;
  for (const KeptPeriod& period : PeriodsOf(proven, kToday)) {
    EXPECT_FALSE(period.source().empty() || period.since().empty()) << period.kind();
    until[period.kind()] = DateText(period.until());
  }
  return until;
}

TEST(Retention, CountsMonthsFromTheDecision) {
  EXPECT_EQ(EraseOn(CivilDay(2026, 9, 7)), CivilDay(2028, 9, 7));
  EXPECT_EQ(EraseOn(CivilDay(2026, 12, 31)), CivilDay(2028, 12, 31));
  EXPECT_EQ(EraseOn(CivilDay(2028, 2, 29)), CivilDay(2030, 2, 28)) << "no 29 February that year";
}

TEST(Retention, KeepsWhatWasProvedAndNothingElse) {
  using Until = std::map<std::string, std::string>;
  const Until trained = {{"PRESENCE", "2037-01-29"},
                         {"DELIVERY_CERTIFICATE", "2037-01-29"},
                         {"ACCOUNTS", "2037-12-31"}};
  EXPECT_EQ(UntilOf({CivilDay(2027, 1, 29), std::nullopt, false}), trained);
  Until all = trained;
  all["TITLE"] = "2032-01-29";
  all["CONTRACT"] = "2044-03-31";
  EXPECT_EQ(UntilOf({CivilDay(2027, 1, 29), CivilDay(2039, 3, 31), true}), all);
}

TEST(Retention, OfTwoTrainingsTheLongestPeriodCounts) {
  const Proven first{CivilDay(2027, 1, 29), CivilDay(2028, 6, 30), false};
  const Proven second{CivilDay(2029, 7, 31), std::nullopt, true};
  for (const bool backwards : {false, true}) {
    KeptPeriods kept;
    KeepLongest(PeriodsOf(backwards ? second : first, kToday), kept);
    KeepLongest(PeriodsOf(backwards ? first : second, kToday), kept);
    std::map<std::string, std::string> until;
    for (const KeptPeriod& period : kept) until[period.kind()] = DateText(period.until());
    EXPECT_EQ(until.size(), static_cast<size_t>(kept.size())) << "each kind once";
    EXPECT_EQ(until["PRESENCE"], "2039-07-31");
    EXPECT_EQ(until["CONTRACT"], "2033-06-30");
    EXPECT_EQ(LastDayOf(kept), CivilDay(2039, 12, 31));
  }
}

}  // namespace
}  // namespace vivier::enrolment
