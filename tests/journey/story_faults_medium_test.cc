// The same story, told on a school that is set up, or treated, in different ways, ends with the
// same figures.
#include <signal.h>

#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/journey/school_processes.h"
#include "tests/support/engines.h"
#include "tests/support/ports.h"
#include "tests/support/redis_server.h"

namespace vivier::testing {
namespace {

using Setup = SchoolProcesses::Setup;

std::string Tell(const Setup& setup) {
  SchoolProcesses school(setup);
  school.BeginStory();
  const std::string figures = school.Figures();
  std::string verified;
  EXPECT_EQ(school.Verify(&verified), 0) << verified;
  return figures;
}

// What the story ends with on a process for each service with SQLite and Redis.
const std::string& Expected() {
  static const std::string figures = [] {
    const cache::RedisServer redis;
    return Tell({.redis = redis.socket()});
  }();
  EXPECT_FALSE(figures.empty());
  return figures;
}

TEST(StoryFaults, OnPostgres) {
  const cache::RedisServer redis;
  EXPECT_EQ(Tell({.engine = storage::Engine::kPostgres, .redis = redis.socket()}), Expected());
}

TEST(StoryFaults, OnPostgresWithTwoReplicasOfEnrolmentAndFunding) {
  const cache::RedisServer redis;
  EXPECT_EQ(Tell({.engine = storage::Engine::kPostgres,
                  .replicated = {"enrolment", "funding"},
                  .redis = redis.socket()}),
            Expected());
}

TEST(StoryFaults, InOneProcess) { EXPECT_EQ(Tell({.one_process = true}), Expected()); }

TEST(StoryFaults, WithoutRedis) { EXPECT_EQ(Tell({}), Expected()); }

TEST(StoryFaults, WithRedisEmptiedEverySecond) {
  cache::RedisServer redis;
  SchoolProcesses school({.redis = redis.socket()});
  school.BeginStory();
  int emptied = 0;
  for (; school.telling(); ++emptied) {
    redis.Do({"FLUSHALL"});
    const absl::Time next = absl::Now() + absl::Seconds(1);
    while (school.telling() && absl::Now() < next) absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(school.Figures(), Expected());
  std::printf("emptied %d times\n", emptied);
  EXPECT_GT(emptied, 0);
}

// Each service is killed while a request to it is in flight and an event is not yet followed. The
// service is stopped first, so that what is sent to it stays in flight, and before that whoever
// follows it, so that its events wait.
struct Kill {
  std::string service;
  std::string stopped_after;  // the line of the story after which the service is stopped
  std::string
      follower;  // stopped from the beginning; "" where the service itself has events to follow
};

void PrintTo(const Kill& kill, std::ostream* out) { *out << kill.service; }

class StoryKill : public ::testing::TestWithParam<Kill> {};

constexpr char kAskedAgain[] = "asking again with the same request_id";

void WaitForLine(SchoolProcesses& school, const std::string& line) {
  const absl::Time start = absl::Now();
  while (!absl::StrContains(school.StoryLog(), line)) {
    ASSERT_TRUE(school.telling()) << "the story ended without saying " << line << "\n"
                                  << school.StoryLog();
    ASSERT_LT(absl::Now() - start, absl::Minutes(2)) << "the story does not say " << line;
    absl::SleepFor(absl::Milliseconds(1));
  }
}

// Waits until what is sent to the stopped service lies unread and nothing more comes: the story
// waits for it.
void AwaitRequestInFlight(const SchoolProcesses& school, const std::string& service) {
  const absl::Time start = absl::Now();
  int64_t before = 0;
  for (int quiet = 0; quiet < 10;) {
    ASSERT_LT(absl::Now() - start, absl::Minutes(1)) << "no request comes to " << service;
    absl::SleepFor(absl::Milliseconds(50));
    const int64_t unread = UnreadBytes(school.port(service));
    quiet = unread > 0 && unread == before ? quiet + 1 : 0;
    before = unread;
  }
}

// The line that the story logged when the killed service left a request without an answer.
std::string RequestInFlight(const std::string& log) {
  const size_t found = log.find(kAskedAgain);
  if (found == std::string::npos) return "";
  return log.substr(found, log.find('\n', found) - found);
}

// An event that its follower had not applied, as "PRODUCER/NUMBER"; "" when there is none.
std::string UnfollowedEvent(SchoolProcesses& school, const Kill& kill) {
  const std::string& follower = kill.follower.empty() ? kill.service : kill.follower;
  const std::vector<std::string> producers = kill.follower.empty()
                                                 ? std::vector<std::string>{"enrolment", "partners"}
                                                 : std::vector<std::string>{kill.service};
  for (const std::string& producer : producers) {
    const int64_t followed = school.databases().Followed(follower, producer);
    if (school.databases().LastEvent(producer) > followed)
      return absl::StrCat(producer, "/", followed + 1);
  }
  return "";
}

// Kills the service once; false when on a busy machine the story was ahead of the kill, so that it
// proves nothing.
bool KillOnce(const Kill& kill) {
  const cache::RedisServer redis;
  SchoolProcesses school({.redis = redis.socket()});
  if (!kill.follower.empty()) school.process(kill.follower).Signal(SIGSTOP);
  school.BeginStory();
  WaitForLine(school, kill.stopped_after);
  school.process(kill.service).Signal(SIGSTOP);
  AwaitRequestInFlight(school, kill.service);
  school.process(kill.service).Kill();
  const std::string unfollowed = UnfollowedEvent(school, kill);
  // A service that is back at once would be found by gRPC's own retry.
  const bool asked_again =
      cache::Eventually([&] { return absl::StrContains(school.StoryLog(), kAskedAgain); });
  school.Start(kill.service);
  if (!kill.follower.empty()) school.process(kill.follower).Signal(SIGCONT);
  EXPECT_EQ(school.Figures(), Expected());
  std::printf("killed %s; in flight: %s; not yet followed: %s\n", kill.service.c_str(),
              RequestInFlight(school.StoryLog()).c_str(), unfollowed.c_str());
  std::string verified;
  EXPECT_EQ(school.Verify(&verified), 0) << verified;
  return asked_again && !unfollowed.empty();
}

TEST_P(StoryKill, EndsWithTheSameFigures) {
  bool proven = false;
  for (int attempt = 0; attempt < 3 && !proven && !HasFailure(); ++attempt)
    proven = KillOnce(GetParam());
  EXPECT_TRUE(proven) << "void: no request was in flight, or every event was followed";
}

INSTANTIATE_TEST_SUITE_P(Services, StoryKill,
                         ::testing::Values(Kill{"curriculum", "invoice:", "statistics"},
                                           Kill{"enrolment", "panel:", "statistics"},
                                           Kill{"funding", "admission:", "statistics"},
                                           Kill{"partners", "employers:", "statistics"},
                                           Kill{"statistics", "employers:", ""}),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace vivier::testing
