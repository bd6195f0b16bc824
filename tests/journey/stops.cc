#include "tests/journey/stops.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/site/tokens.h"
#include "tests/journey/load.h"
#include "tests/journey/school_processes.h"

namespace vivier::testing {
namespace {

constexpr uint32_t kSeed = 20261130;
constexpr int kWritesPerSecond = 400;
// What shared/transport/server.h gives the calls in flight.
constexpr absl::Duration kDrainMax = absl::Seconds(25);
// A stop comes after up to so many more writes, and up to so much later: an answer wakes us at the
// same place of a batch each time.
constexpr int kWritesBetweenMax = 60;
constexpr int kMicrosecondsLaterMax = 5'000;

class StoppedSchool {
 public:
  explicit StoppedSchool(Stopped what)
      : school_({.one_process = what == Stopped::kWholeSchool,
                 .config = "read_budgets { opened: -1 rows: -1 }\n"}),
        names_(school_.ProcessNames()),
        load_(school_.targets(), Director(), kWritesPerSecond, {},
              Load::AfterFailure::kNewChannel) {}

  void Stop(int times) {
    std::mt19937 random(kSeed);
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(load_.AwaitMore(1 + random() % kWritesBetweenMax)) << "after stop " << i;
      absl::SleepFor(absl::Microseconds(random() % kMicrosecondsLaterMax));
      const std::string& name = names_[random() % names_.size()];
      const absl::Time told = absl::Now();
      ASSERT_EQ(school_.process(name).Terminate(kDrainMax), 0) << name << ", stop " << i;
      took_.push_back(absl::Now() - told);
      school_.Start(name);
    }
  }

  void ExpectNothingLost() {
    load_.Stop();
    std::string report;
    EXPECT_EQ(school_.Verify(&report), 0) << report;
    school_.Stop();
    const Load::Tally tally = load_.tally();
    ExpectEachOnce(tally,
                   [this](const std::string& service) { return school_.databases().Url(service); });
    std::sort(took_.begin(), took_.end());
    std::printf(
        "%zu stops: median %s, of 100 the 99th %s, max %s; %d writes acknowledged, %zu of them "
        "sent more than once\n",
        took_.size(), Milliseconds(took_.size() / 2).c_str(),
        Milliseconds(took_.size() * 99 / 100).c_str(), Milliseconds(took_.size() - 1).c_str(),
        static_cast<int>(tally.acknowledged), tally.unknown.size());
  }

 private:
  std::string Director() const {
    config::v1::Config config;
    config.add_schools("nancy");
    config.set_network("test");
    config.set_development(true);
    return *(*site::Tokens::Load(config, school_.data()))
                ->ForDevelopment({"director",
                                  security::Caller::Kind::kPerson,
                                  {"school_director"},
                                  {"nancy"},
                                  ""});
  }
  std::string Milliseconds(size_t stop) const {
    return absl::StrCat(absl::ToInt64Milliseconds(took_[stop]), " ms");
  }

  SchoolProcesses school_;
  const std::vector<std::string> names_;
  Load load_;
  std::vector<absl::Duration> took_;
};

}  // namespace

void StopUnderLoad(Stopped what, int times) {
  StoppedSchool school(what);
  school.Stop(times);
  if (!::testing::Test::HasFatalFailure()) school.ExpectNothingLost();
}

}  // namespace vivier::testing
