// Series that others publish, at a node. On both engines.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/identity/asking.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else

constexpr char kFile[] =
    "n°UAI de l'établissement;Libellé de l'établissement;Région;Taux\n"
    "0442590B;Une école;GRAND EST;69\n"
    "0010856A;Une autre;BRETAGNE;nd\n";

class SeriesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  SeriesTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {}

  absl::StatusOr<SchoolImportReport> Import(const std::string& content, int year = 2021,
                                            const std::string& id = "official-2021") {
    ImportExternalSeriesRequest request;
    request.set_parent("schools/nancy");
    request.set_external_series_id(id);
    request.mutable_external_series()->set_title("Apprentices six months after");
    request.mutable_external_series()->set_source("the ministry");
    request.mutable_external_series()->set_year(year);
    request.mutable_external_series()->set_definition("in a job in January after the last year");
    request.set_content(content);
    return world_.Write<SchoolImportReport>(request);
  }

  ListExternalFiguresResponse Of(const std::string& uai) {
    return Must<ListExternalFiguresResponse, ListExternalFiguresRequest>(
        world_, absl::StrCat("parent: '$N' filter: 'uai = \"", uai, "\"'"));
  }

  World world_;
};

TEST_P(SeriesTest, StandsWithItsSourceYearAndDefinition) {
  const auto report = Import(kFile);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->created(), 2) << report->DebugString();
  const auto series = Must<ExternalSeries, GetExternalSeriesRequest>(
      world_, "name: '$N/externalSeries/official-2021'");
  EXPECT_EQ(series.year(), 2021);
  EXPECT_EQ(series.source(), "the ministry");
  EXPECT_THAT(series.column_titles(), ::testing::ElementsAre("Taux"));
  const auto shown = Of("0442590B"), hidden = Of("0010856A");
  ASSERT_EQ(shown.external_figures_size(), 1);
  EXPECT_EQ(shown.external_figures(0).figures(0).value(), "69");
  ASSERT_EQ(hidden.external_figures_size(), 1);
  EXPECT_TRUE(hidden.external_figures(0).figures(0).hidden());
  EXPECT_EQ(hidden.external_figures(0).figures(0).value(), "");
  const auto again = Import(kFile);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->unchanged(), 2) << again->DebugString();
  world_.ExpectInvariants();
}

TEST_P(SeriesTest, AnotherYearIsAnotherSeries) {
  ASSERT_TRUE(Import(kFile).ok());
  EXPECT_EQ(ReasonOf(Import(kFile, 2022).status()), "SERIES_DIFFERS");
  const std::string later =
      "UAI;Taux;Taux à 12 mois\n"
      "0442590B;70;72\n";
  EXPECT_EQ(ReasonOf(Import(later).status()), "SERIES_DIFFERS") << "other columns";
  ASSERT_TRUE(Import(later, 2022, "official-2022").ok());
  EXPECT_EQ(Of("0442590B").external_figures_size(), 2);
  const auto of_year = Must<ListExternalSeriesResponse, ListExternalSeriesRequest>(
      world_, "parent: '$N' filter: 'year = 2022'");
  ASSERT_EQ(of_year.external_series_size(), 1);
  EXPECT_EQ(of_year.external_series(0).column_titles_size(), 2);
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, SeriesTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
