// A school as a real process gets another key while callers write and it is killed again and again
// in the middle of it: nothing acknowledged is lost, and the key before opens nothing at the end.
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/security/school_key.h"
#include "shared/site/tokens.h"
#include "tests/journey/load.h"
#include "tests/journey/school_processes.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

constexpr uint32_t kSeed = 20261130;
constexpr int kWritesPerSecond = 300, kWritesBefore = 600, kKills = 5;

std::string Director(const std::string& data) {
  config::v1::Config config;
  config.add_schools("nancy");
  config.set_network("test");
  config.set_development(true);
  return *(*site::Tokens::Load(config, data))
              ->ForDevelopment({"director",
                                security::Caller::Kind::kPerson,
                                {"school_director"},
                                {"nancy"},
                                ""});
}

class KillsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // Its exit status.
  int Rotate(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments = {"rotate-keys", "--data", school_.data()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    output_.clear();
    return RunToEnd(arguments, &output_);
  }

  SchoolProcesses school_{{.engine = GetParam(),
                           .one_process = true,
                           .config = "read_budgets { opened: -1 rows: -1 }\n"}};
  std::string output_;
};

TEST_P(KillsTest, LoseNothingOfARotation) {
  const std::string name = school_.ProcessNames()[0];
  Load load(school_.targets(), Director(school_.data()), kWritesPerSecond, {},
            Load::AfterFailure::kNewChannel);
  ASSERT_TRUE(load.AwaitMore(kWritesBefore));
  ASSERT_EQ(Rotate({"--new_key"}), 0) << output_;
  const std::string old_key =
      absl::StrCat(school_.data(), "/keys/", security::kPreviousSchoolKeyFile);
  std::mt19937 random(kSeed);
  for (int i = 0; i < kKills; ++i) {
    school_.process(name).Kill();
    school_.Start(name);
    Process rotation({"rotate-keys", "--data", school_.data()}, school_.data() + "/rotation.log");
    absl::SleepFor(absl::Milliseconds(50 + random() % 100));  // in the middle of a step, or not
  }
  school_.process(name).Kill();
  school_.Start(name);
  EXPECT_EQ(school_.Verify(&output_), 0) << output_;
  ASSERT_EQ(Rotate(), 0) << output_;
  EXPECT_THAT(output_, ::testing::HasSubstr("no row is under the key before: delete "));
  ASSERT_TRUE(load.AwaitMore(kWritesPerSecond / 10));
  EXPECT_EQ(school_.Verify(&output_), 0) << output_;
  std::filesystem::remove(old_key);
  school_.process(name).Kill();
  school_.Start(name);
  ASSERT_TRUE(load.AwaitMore(kWritesPerSecond / 10));
  load.Stop();
  EXPECT_EQ(school_.Verify(&output_), 0) << output_;
  school_.Stop();
  ExpectEachOnce(load.tally(),
                 [this](const std::string& service) { return school_.databases().Url(service); });
}

INSTANTIATE_TEST_SUITE_P(Engines, KillsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
