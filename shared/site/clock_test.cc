#include "shared/site/clock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::site {
namespace {

const absl::Time kMachine = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15T08:00:00Z
constexpr absl::Duration kDay = absl::Hours(24);

class ClockTest : public ::testing::Test {
 protected:
  ClockTest() : data_((std::filesystem::temp_directory_path() / "vivier-clock-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
    config_.set_development(true);
  }
  ~ClockTest() override { std::filesystem::remove_all(data_); }

  std::unique_ptr<Clock> Open() {
    auto clock = Clock::Open(config_, data_, [this] { return machine_; });
    EXPECT_TRUE(clock.ok()) << clock.status();
    return *std::move(clock);
  }
  std::string File() const { return data_ + "/clock"; }

  std::string data_;
  config::v1::Config config_;
  absl::Time machine_ = kMachine;
};

TEST_F(ClockTest, IsTheMachinesUntilItIsMovedAndRunsOnFromThere) {
  const auto clock = Open();
  EXPECT_EQ(clock->Now(), kMachine);
  EXPECT_EQ(clock->MoveTo(kMachine + 200 * kDay), absl::OkStatus());
  EXPECT_EQ(clock->Now(), kMachine + 200 * kDay);
  machine_ += absl::Seconds(5);
  EXPECT_EQ(clock->Now(), kMachine + 200 * kDay + absl::Seconds(5));
  EXPECT_EQ(clock->MoveBy(kDay), absl::OkStatus());
  EXPECT_EQ(clock->Now(), kMachine + 201 * kDay + absl::Seconds(5));
  EXPECT_EQ(clock->ahead(), 201 * kDay);
}

TEST_F(ClockTest, IsOnlyMovedForwards) {
  const auto clock = Open();
  ASSERT_EQ(clock->MoveTo(kMachine + kDay), absl::OkStatus());
  EXPECT_EQ(clock->MoveTo(kMachine + kDay), absl::OkStatus()) << "where it stands";
  for (const absl::Status& refused :
       {clock->MoveTo(kMachine + kDay - absl::Microseconds(1)), clock->MoveTo(kMachine),
        clock->MoveBy(-absl::Seconds(1)), clock->MoveTo(absl::InfinitePast())}) {
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD");
    EXPECT_TRUE(absl::StrContains(refused.message(), "2027-01-16T08:00:00Z")) << refused;
  }
  EXPECT_EQ(clock->ahead(), kDay);
}

TEST_F(ClockTest, EndsBeforeWhatFollowsHasNoTimestamp) {
  const auto clock = Open();
  for (const absl::Time late : {absl::FromCivil(absl::CivilSecond(2200, 1, 1), absl::UTCTimeZone()),
                                absl::InfiniteFuture()})
    EXPECT_EQ(ReasonOf(clock->MoveTo(late)), "INVALID_FIELD") << late;
  EXPECT_EQ(ReasonOf(clock->MoveBy(absl::InfiniteDuration())), "INVALID_FIELD");
  EXPECT_EQ(clock->ahead(), absl::ZeroDuration());
  EXPECT_EQ(clock->MoveTo(absl::FromCivil(absl::CivilSecond(2199, 12, 31), absl::UTCTimeZone())),
            absl::OkStatus());
}

TEST_F(ClockTest, ProcessesOfAFolderAgreeAtOnceAndARestartFindsIt) {
  const auto here = Open();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto there = Open();
    _exit(there->MoveTo(kMachine + 3 * kDay).ok() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(here->ahead(), 3 * kDay);
  EXPECT_EQ(Open()->ahead(), 3 * kDay);
}

TEST_F(ClockTest, IsRefusedOutsideDevelopment) {
  ASSERT_EQ(CheckNotMoved(data_), absl::OkStatus()) << "there is none";
  ASSERT_EQ(Open()->ahead(), absl::ZeroDuration());
  EXPECT_EQ(CheckNotMoved(data_), absl::OkStatus()) << "it is the machine's";
  ASSERT_EQ(Open()->MoveBy(kDay), absl::OkStatus());
  const absl::Status moved = CheckNotMoved(data_);
  EXPECT_EQ(moved.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(moved.message(), "development: true")) << moved;
  config_.set_development(false);
  EXPECT_EQ(ReasonOf(Clock::Open(config_, data_).status()), "NOT_ALLOWED");
}

TEST_F(ClockTest, AFileThatIsNoClocksIsRefusedByName) {
  std::ofstream(File()) << "2027-09-01T08:00:00Z";
  const absl::Status refused = Clock::Open(config_, data_).status();
  EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD");
  EXPECT_TRUE(absl::StrContains(refused.message(), File())) << refused;
  EXPECT_FALSE(Clock::Open(config_, data_ + "/nowhere").ok());
}

}  // namespace
}  // namespace vivier::site
