// The thread on which a process follows: order, delays, and that nothing runs for who has left.
#include "shared/follow/loop.h"

#include <vector>

#include "gtest/gtest.h"
#include "shared/base/monitor.h"

namespace vivier::follow {
namespace {

TEST(Loop, RunsInTheOrderOfTimesAndThenAsTheyCame) {
  Loop loop;
  std::vector<int> ran;
  Countdown left(5);
  const auto task = [&](int number) {
    return [&, number] {
      ran.push_back(number);
      left.CountDown();
    };
  };
  loop.Post(this, [&] {  // so that none of them is due before the last one is there
    loop.After(this, absl::Milliseconds(30), task(5));
    loop.After(this, absl::Milliseconds(20), task(4));
    for (int number : {1, 2, 3}) loop.Post(this, task(number));
  });
  left.Wait();
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(Loop, WakesForWhatIsSooner) {
  Loop loop;
  Countdown ran(1);
  loop.After(this, absl::Hours(1), [] { FAIL(); });
  loop.After(this, absl::Milliseconds(1), [&] { ran.CountDown(); });
  ran.Wait();
}

TEST(Loop, RunsNothingMoreOfWhoIsForgotten) {
  Loop loop;
  const int mine = 0, theirs = 0;
  int count = 0;
  std::function<void()> again = [&] {
    ++count;
    loop.Post(&mine, again);
  };
  Countdown others(1);
  loop.Post(&mine, again);
  loop.After(&theirs, absl::Milliseconds(1), [&] { others.CountDown(); });
  others.Wait();
  loop.Forget(&mine);
  const int before = count;
  Countdown after(1);
  loop.Post(&theirs, [&] { after.CountDown(); });
  after.Wait();
  EXPECT_GT(before, 0);
  EXPECT_EQ(count, before);
}

}  // namespace
}  // namespace vivier::follow
