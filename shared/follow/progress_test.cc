#include "shared/follow/progress.h"

#include "gtest/gtest.h"

namespace vivier::follow {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1'800'000'000);

Progress::Lag At(const Progress& progress, absl::Time now) { return progress.At(now, now); }

// What is known after the follower began behind event 5, and that heard at second 10 that the log
// ends with `last`, the oldest event that waits being of second `waiting`, applied up to `applied`,
// and is asked at second `asked`.
struct Row {
  int64_t last, applied;
  int waiting, asked;
  int64_t events;
  int seconds;
};

TEST(Progress, KnowsHowFarItIsBehind) {
  const Row rows[] = {
      {5, 5, 0, 10, 0, 0},    // all is applied
      {9, 5, 8, 10, 4, 2},    // the oldest waits since second 8
      {9, 7, 9, 12, 2, 3},    //
      {9, 9, 8, 12, 0, 0},    // caught up
      {5, 5, 0, 16, 0, 0},    // a pause that is usual
      {5, 5, 0, 17, 0, 7},    // a silence: nobody knows
      {9, 5, 9, 40, 4, 31},   // an old event outweighs the silence
      {9, 5, 12, 40, 4, 30},  // and the other way round
      {3, 5, 0, 10, 0, 0},    // a log that is shorter than what was applied is no negative lag
  };
  for (const Row& row : rows) {
    Progress progress(kBegin);
    progress.Begin(5);
    progress.Hear(row.last, kBegin + absl::Seconds(10));
    progress.Wait(kBegin + absl::Seconds(row.waiting));
    progress.Apply(row.applied);
    const Progress::Lag lag = At(progress, kBegin + absl::Seconds(row.asked));
    EXPECT_EQ(lag.events, row.events) << row.last << " " << row.applied << " " << row.asked;
    EXPECT_EQ(lag.time, absl::Seconds(row.seconds))
        << row.last << " " << row.applied << " " << row.asked;
  }
}

TEST(Progress, IsBehindALogThatNeverSpoke) {
  const Progress progress(kBegin);
  EXPECT_EQ(At(progress, kBegin + absl::Seconds(5)).time, absl::ZeroDuration());
  EXPECT_EQ(At(progress, kBegin + absl::Minutes(5)).time, absl::Minutes(5));
}

TEST(Progress, ALogWhoseClockIsAheadIsNotSilentForIt) {
  Progress progress(kBegin);
  const absl::Duration ahead = absl::Hours(24 * 200);
  progress.Hear(1, kBegin + absl::Seconds(1));
  progress.Wait(kBegin + ahead);
  EXPECT_EQ(progress.At(kBegin + absl::Seconds(3), kBegin + ahead + absl::Seconds(3)).time,
            absl::Seconds(3));
  progress.Apply(1);
  EXPECT_EQ(progress.At(kBegin + absl::Seconds(3), kBegin + ahead + absl::Seconds(3)).time,
            absl::ZeroDuration());
}

}  // namespace
}  // namespace vivier::follow
