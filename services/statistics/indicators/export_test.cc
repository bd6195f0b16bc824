#include "services/statistics/indicators/export.h"

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/statistics/indicators/indicators.h"
#include "shared/formats/csv.h"

namespace vivier::statistics {
namespace {

using v1::IndicatorValue;

IndicatorValue Shown() {
  IndicatorValue value;
  value.set_year(2026);
  value.set_indicator("completion-rate");
  value.set_definition_version(1);
  value.set_numerator(45);
  value.set_denominator(60);
  value.set_rate(0.75);
  value.set_rate_low(0.625);
  value.set_rate_high(0.8125);
  return value;
}

IndicatorValue Hidden() {
  IndicatorValue value;
  value.set_year(2026);
  value.set_indicator("employment-rate-6");
  value.set_definition_version(1);
  value.set_denominator(21);
  value.set_suppressed_reason(IndicatorValue::SMALL_PART);
  return value;
}

TEST(ExportTest, SaysNdOfWhatIsHiddenAndNothingOfWhatDoesNotApply) {
  const auto table = formats::ParseCsv(ToCsv({Shown(), Hidden()}, Header::kFirst));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->rows.size(), 2u);
  const auto cell = [&](size_t row, const std::string& title) {
    const int column = table->Column(title);
    return column < 0 ? "no such column" : table->rows[row].cells[static_cast<size_t>(column)];
  };
  EXPECT_EQ(cell(0, "rate"), "0.75");
  EXPECT_EQ(cell(0, "response_rate"), "") << "everybody is known";
  EXPECT_EQ(cell(0, "reason"), "");
  EXPECT_EQ(cell(1, "numerator"), "nd");
  EXPECT_EQ(cell(1, "denominator"), "21");
  EXPECT_EQ(cell(1, "rate"), "nd");
  EXPECT_EQ(cell(1, "lower_bound"), "nd");
  EXPECT_EQ(cell(1, "reason"), "SMALL_PART");
}

TEST(ExportTest, WhatIsNotDueIsNotHidden) {
  IndicatorValue waits = Hidden();
  waits.clear_denominator();
  waits.set_suppressed_reason(IndicatorValue::NOT_YET_DUE);
  waits.mutable_due_date()->set_year(2027);
  waits.mutable_due_date()->set_month(6);
  waits.mutable_due_date()->set_day(1);
  const std::string line = ToCsv({waits}, Header::kNone);
  EXPECT_EQ(line, "2026,,employment-rate-6,1,,,,,,,,,,NOT_YET_DUE,,2027-06-01\r\n");
}

TEST(ExportTest, TheHeaderStandsOnce) {
  const std::string both = ToCsv({Shown(), Hidden()}, Header::kFirst);
  EXPECT_EQ(ToCsv({Shown()}, Header::kFirst) + ToCsv({Hidden()}, Header::kNone), both);
  EXPECT_EQ(ToCsv(std::vector<IndicatorValue>(), Header::kNone), "");
}

TEST(ExportTest, TheDictionaryExplainsEachFigure) {
  const auto table = formats::ParseCsv(ToCsv(Definitions()));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows.size(), Definitions().size());
  const std::vector<std::string> lines = absl::StrSplit(ToJson(Definitions()), '\n');
  EXPECT_EQ(lines.size(), Definitions().size() + 1) << "an object a line";
  EXPECT_THAT(lines[0], ::testing::StartsWith("{\"id\":\"admission-rate\""));
}

}  // namespace
}  // namespace vivier::statistics
