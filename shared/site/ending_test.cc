// A process ends although a thread of it never does, and although nobody lets it.
#include "shared/site/ending.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "gtest/gtest.h"

namespace vivier::site {
namespace {

// What was found: a thread that spins for ever, joined by a destructor.
class Spinning {
 public:
  ~Spinning() { thread_.join(); }

 private:
  std::atomic<bool> spins_ = true;
  std::thread thread_{[this] {
    while (spins_) std::this_thread::yield();
  }};
};

void StopWhoseThreadSpins() {
  const Spinning spinning;
  std::printf("the last line");
  EndProcess(0);
}

void StopThatNeverEnds() {
  const Spinning spinning;
  LimitStop("enrolment", 1);
}

class EndingDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(EndingDeathTest, NoThreadHoldsAnEndedProcess) {
  EXPECT_EXIT(StopWhoseThreadSpins(), ::testing::ExitedWithCode(0), "");
}

TEST_F(EndingDeathTest, AStopThatHangsIsCutOffAndSaysSo) {
  EXPECT_EXIT(StopThatNeverEnds(), ::testing::ExitedWithCode(kStopCutOff),
              "\"level\":\"error\",\"service\":\"enrolment\".*cut off.*\"limit_seconds\":\"1\"");
}

}  // namespace
}  // namespace vivier::site
