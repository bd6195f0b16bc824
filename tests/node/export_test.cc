// The file of publishable figures says what ComputeIndicators says, year by year, and no more. On
// both engines.
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/formats/csv.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else

constexpr char kRange[] = "parent: '$N' year: 2026 earlier_years: 2 ";

class ExportTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ExportTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {
    std::mt19937_64 random(20261201);
    for (int i = 0; i < 4; ++i) {
      const std::string site = absl::StrCat("s", i);
      members_.Admit(site);
      const auto sent = members_.Submit(members_.Request(site, 1, RandomFigures(random, 60)));
      EXPECT_TRUE(sent.ok()) << sent.status();
    }
  }

  // The messages of the stream.
  std::vector<ExportIndicatorsResponse> Stream(const std::string& more) {
    const auto request = Read<ExportIndicatorsRequest>(absl::StrCat(kRange, more));
    rpc::BlockingStream stream(
        *world_.site().channel(), rpc::PathOf(*rpc::MethodTaking(*request.GetDescriptor())),
        request.SerializeAsString(),
        {absl::Seconds(30), world_.Authorization(World::Person("network_coordinator")), ""});
    std::vector<ExportIndicatorsResponse> messages;
    while (true) {
      const absl::StatusOr<std::optional<std::string>> message = stream.Read();
      EXPECT_TRUE(message.ok()) << message.status();
      if (!message.ok() || !message->has_value()) return messages;
      EXPECT_TRUE(messages.emplace_back().ParseFromString(**message));
    }
  }
  std::string File(const std::string& more) {
    std::string file;
    for (const ExportIndicatorsResponse& message : Stream(more)) file += message.data();
    return file;
  }

  ComputeIndicatorsResponse Computed() {
    return Must<ComputeIndicatorsResponse, ComputeIndicatorsRequest>(world_, kRange);
  }

  World world_;
  Members members_{world_};
};

TEST_P(ExportTest, TheCsvSaysWhatTheRpcSays) {
  const ComputeIndicatorsResponse computed = Computed();
  const auto table = formats::ParseCsv(File("format: CSV content: VALUES"));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(static_cast<int>(table->rows.size()), computed.values_size());
  std::set<int> years;
  int hidden = 0;
  for (int i = 0; i < computed.values_size(); ++i) {
    const IndicatorValue& value = computed.values(i);
    const auto cell = [&](const std::string& title) {
      return table->rows[static_cast<size_t>(i)].cells[static_cast<size_t>(table->Column(title))];
    };
    EXPECT_EQ(cell("indicator"), value.indicator());
    EXPECT_EQ(cell("year"), absl::StrCat(value.year()));
    years.insert(value.year());
    hidden += cell("numerator") == "nd" ? 1 : 0;
    int64_t above = 0;
    if (!absl::SimpleAtoi(cell("numerator"), &above)) above = -1;
    EXPECT_EQ(above, value.has_numerator() ? value.numerator() : -1);
    double rate = 0;
    if (!absl::SimpleAtod(cell("rate"), &rate)) rate = -1;
    EXPECT_NEAR(rate, value.has_rate() ? value.rate() : -1, 1e-5);
  }
  EXPECT_EQ(years, (std::set<int>{2024, 2025, 2026}));
  EXPECT_GT(hidden, 0) << "the figures are small enough for something to be hidden";
}

TEST_P(ExportTest, TheJsonIsTheRpcsAnswerLineByLine) {
  const ComputeIndicatorsResponse computed = Computed();
  const std::vector<std::string> lines =
      absl::StrSplit(File("format: JSON content: VALUES"), '\n', absl::SkipEmpty());
  ASSERT_EQ(static_cast<int>(lines.size()), computed.values_size());
  for (int i = 0; i < computed.values_size(); ++i) {
    IndicatorValue value;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(lines[static_cast<size_t>(i)], &value).ok());
    EXPECT_EQ(value.SerializeAsString(), computed.values(i).SerializeAsString());
  }
}

TEST_P(ExportTest, AStreamThatBrokeGoesOn) {
  const std::string rest = "format: CSV content: VALUES years_taken: 1";
  const std::vector<ExportIndicatorsResponse> all = Stream("format: CSV content: VALUES");
  ASSERT_EQ(all.size(), 3u) << "a year a message";
  EXPECT_EQ(File(rest), absl::StrCat(all[1].data(), all[2].data()));
  EXPECT_EQ(all[2].years_taken(), all[2].years_total());
}

TEST_P(ExportTest, RefusesWhatIsNoFile) {
  const std::string person = world_.Authorization(World::Person("network_coordinator"));
  const auto refusal = [&](const std::string& text) {
    const auto request = Read<ExportIndicatorsRequest>(text);
    rpc::BlockingStream stream(*world_.site().channel(),
                               rpc::PathOf(*rpc::MethodTaking(*request.GetDescriptor())),
                               request.SerializeAsString(), {absl::Seconds(30), person, ""});
    return ReasonOf(stream.Read().status());
  };
  EXPECT_EQ(refusal("parent: '$N' year: 2026 content: VALUES"), "INVALID_FIELD");
  EXPECT_EQ(refusal("parent: '$N' year: 2026 format: CSV"), "INVALID_FIELD");
  EXPECT_EQ(refusal("parent: '$N' format: CSV content: VALUES"), "INVALID_FIELD");
  EXPECT_EQ(refusal(absl::StrCat(kRange, "format: CSV content: VALUES years_taken: 3")),
            "INVALID_FIELD");
}

INSTANTIATE_TEST_SUITE_P(Engines, ExportTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
