#include "services/statistics/series/reading.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::statistics {
namespace {

using ::testing::ElementsAre;

// The titles of the official file, its spaces included.
constexpr char kHeader[] =
    "n°UAI de l'établissement;Libellé de l'établissement;Région;Taux de poursuite d'études;Taux;"
    "Valeur ajoutée;Part en poursuite d'études ;Part des autres situations";

TEST(ReadSeriesTest, ReadsTheOfficialFile) {
  const auto read = ReadSeries(absl::StrCat(
      kHeader,
      "\n0442590B;Une école;GRAND EST;43;69;-2;43;18\n0010856A;Une autre;;nd;nd;nd;nd;nd\n"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->column_titles,
              ElementsAre("Taux de poursuite d'études", "Taux", "Valeur ajoutée",
                          "Part en poursuite d'études", "Part des autres situations"));
  ASSERT_EQ(read->rows.size(), 2u);
  const v1::ExternalFigure& shown = read->rows[0].external_figure();
  EXPECT_EQ(shown.uai(), "0442590B");
  EXPECT_EQ(shown.title(), "Une école");
  EXPECT_EQ(shown.region_code(), "44");
  EXPECT_EQ(shown.figures(2).value(), "-2");
  EXPECT_FALSE(shown.figures(2).hidden());
  for (const v1::ExternalValue& value : read->rows[1].external_figure().figures()) {
    EXPECT_TRUE(value.hidden());
    EXPECT_EQ(value.value(), "");
  }
}

TEST(ReadSeriesTest, AYearLaterThereIsOneColumnMore) {
  const auto read = ReadSeries(absl::StrCat(
      kHeader, ";Taux à 12 mois;Remarque\n0442590B;Une école;GRAND EST;43;69;-2;43;18;12,5;bon\n"));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->column_titles.size(), 6u) << "a column of words is none of figures";
  EXPECT_EQ(read->column_titles[5], "Taux à 12 mois");
  EXPECT_EQ(read->rows[0].external_figure().figures(5).value(), "12.5");
}

TEST(ReadSeriesTest, SaysOfEachRowWhatIsWrong) {
  const auto read = ReadSeries(
      "UAI;Taux\n0442590B;1\n;2\nx;3\n0442590A;4\n0442590B;bon\n0442590B;\n0442590B;1;2\n");
  ASSERT_TRUE(read.ok()) << read.status();
  const auto finding = [&](size_t row) {
    const v1::SchoolImportRow& report = read->rows[row].report();
    if (report.findings_size() == 0) return std::string();
    return absl::StrCat(report.result() == v1::SchoolImportRow::REFUSED ? "refused " : "",
                        v1::Reason_Name(report.findings(0).reason()));
  };
  EXPECT_EQ(finding(0), "");
  EXPECT_EQ(finding(1), "refused CELL_MISSING");
  EXPECT_EQ(finding(2), "refused CELL_INVALID");
  EXPECT_EQ(finding(3), "CELL_DOUBTFUL");
  EXPECT_EQ(finding(4), "CELL_INVALID");
  EXPECT_EQ(finding(5), "") << "nothing is said of it, and nothing hidden";
  EXPECT_EQ(finding(6), "refused ROW_INVALID");
}

TEST(ReadSeriesTest, RefusesAFileAsAWhole) {
  EXPECT_EQ(ReasonOf(ReadSeries("").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSeries("Nom;Taux\na;1\n").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSeries("UAI;Nom\n0442590B;a\n").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSeries("UAI;Taux;Taux \n0442590B;1;2\n").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSeries("UAI;T\xE9\n0442590B;1\n").status()), "WRONG_ENCODING");
}

}  // namespace
}  // namespace vivier::statistics
