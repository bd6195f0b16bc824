// The same story, told on a school that is set up, or treated, in different ways, ends with the
// same figures.
#include <signal.h>

#include <array>
#include <cstdio>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "shared/site/tokens.h"
#include "tests/journey/prometheus.h"
#include "tests/journey/school_processes.h"
#include "tests/support/client.h"
#include "tests/support/engines.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

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

// Somebody inside Redis: changes, swaps, puts back, cuts, empties and invents values under all keys
// that they have ever seen, by a seed. Knows no key of the school.
class RedisForger {
 public:
  RedisForger(cache::RedisServer& server, uint32_t seed) : server_(server), random_(seed) {}

  static constexpr std::array<const char*, 6> kActs = {"changed", "swapped", "put back",
                                                       "cut",     "emptied", "invented"};

  void SpoilAll() {
    Look();
    for (const std::string& key : keys_) Spoil(key);
  }
  void SpoilOne() {
    Look();
    if (!keys_.empty()) Spoil(Any(keys_));
  }
  // Puts what they have first seen under `key` also under a key where nothing is.
  void Invent(const std::string& key, const std::string& nowhere) {
    server_.Do({"SET", nowhere, seen_[key].front(), "PX", "60000"});
  }
  const std::array<int, kActs.size()>& acts() const { return acts_; }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  // Of a value of value.h: fingerprint, version and time, which are in the clear, and the MAC.
  static constexpr size_t kHead = 24, kMac = 16;

  void Spoil(const std::string& key) {
    const size_t act = Below(kActs.size());
    server_.Do({"SET", key, Spoilt(key, act), "PX", "60000"});
    ++acts_[act];
  }

  void Look() {
    const std::string found =
        server_.Do({"EVAL", "return table.concat(redis.call('KEYS', 'vivier:*'), ' ')", "0"});
    for (absl::string_view text : absl::StrSplit(found, ' ', absl::SkipEmpty())) {
      const std::string key(text), value = server_.Do({"GET", key});
      if (value.size() < kHead + kMac) continue;
      std::vector<std::string>& values = seen_[key];
      if (values.empty()) keys_.push_back(key);
      // What was spoilt here is worth as much as any.
      if (values.size() < 100) values.push_back(value);
    }
  }

  std::string Spoilt(const std::string& key, size_t act) {
    std::string value = Any(seen_[key]);
    const std::string head = value.substr(0, kHead);
    switch (act) {
      case 0:
        value[Below(value.size())] ^= static_cast<char>(1 << Below(8));
        return value;
      case 1:
        return Any(seen_[Any(keys_)]);
      case 2:
        return value;
      case 3:
        return value.substr(0, Below(value.size()));
      case 4:
        return value.substr(0, kHead + kMac);
      default:
        return head + Noise(kMac + Below(100));
    }
  }

  std::string Noise(size_t size) {
    std::string noise(size, '\0');
    for (char& byte : noise) byte = static_cast<char>(random_());
    return noise;
  }
  size_t Below(size_t bound) { return random_() % bound; }
  const std::string& Any(const std::vector<std::string>& of) { return of[Below(of.size())]; }

  cache::RedisServer& server_;
  std::mt19937 random_;
  std::map<std::string, std::vector<std::string>> seen_;
  std::vector<std::string> keys_;
  std::array<int, kActs.size()> acts_ = {};
};

// How often a process found a value in Redis that no process of the school had written.
double Refused(const SchoolProcesses& school) {
  static const RE2& line =
      *new RE2(R"(vivier_redis_values_refused_total\{reason="forged"\} ([0-9.e+]+))");
  double all = 0;
  for (const auto& [process, port] : school.metrics_ports()) {
    const std::string scrape = Fetch(absl::StrCat("http://127.0.0.1:", port, "/metrics"));
    double refused = -1;
    EXPECT_TRUE(RE2::PartialMatch(scrape, line, &refused)) << process;
    all += refused;
  }
  return all;
}

std::string DirectorsToken(const std::string& data) {
  config::v1::Config config;
  config.add_schools("nancy");
  config.set_network("test");
  config.set_development(true);
  const auto tokens = site::Tokens::Load(config, data, absl::Now);
  EXPECT_TRUE(tokens.ok()) << tokens.status();
  return *(*tokens)->ForDevelopment(
      {"director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""});
}

enrolment::v1::CreateCohortRequest CohortOf(const std::string& revision, int number) {
  enrolment::v1::CreateCohortRequest create;
  create.set_parent("schools/nancy");
  create.set_cohort_id(absl::StrCat("forged-", number));
  create.set_request_id(TimeOrderedUuid());
  create.mutable_cohort()->set_title("Forged");
  create.mutable_cohort()->set_programme_revision(revision);
  create.mutable_cohort()->set_capacity(1);
  for (auto* date : {create.mutable_cohort()->mutable_start_date(),
                     create.mutable_cohort()->mutable_end_date()}) {
    date->set_year(2027);
    date->set_month(9);
    date->set_day(7);
  }
  return create;
}

// A revision that exists is found whatever is under its key, and one that does not exist is not
// found although the value of another is under its key.
void ReferToWhatIsForged(const SchoolProcesses& school, RedisForger& forger) {
  Client client(school.targets(), DirectorsToken(school.data()));
  for (const std::string& key : std::vector<std::string>(forger.keys())) {
    const std::string name = key.substr(key.find(':') + 1);
    if (!absl::StrContains(name, "/revisions/")) continue;
    for (int i = 0; i < 50; ++i) {
      forger.SpoilAll();
      enrolment::v1::CreateCohortRequest there = CohortOf(name, i);
      there.set_validate_only(true);
      EXPECT_TRUE(client.Send(there).ok()) << name;
      forger.Invent(key, absl::StrCat(key, i));
      const auto answer = client.Send(CohortOf(absl::StrCat(name, i), i));
      EXPECT_EQ(ReasonOf(answer.status()), "REFERENCE_NOT_FOUND") << answer.status();
    }
  }
}

// Another school of the same name has told the story on the same Redis, so that what services look
// for is spoilt before they look, and for as long as they do.
void TellToAForger(Setup setup) {
  cache::RedisServer redis;
  const std::string expected = Tell({.redis = redis.socket()});
  RedisForger forger(redis, 20261130);
  forger.SpoilAll();
  setup.redis = redis.socket();
  setup.metrics = true;
  SchoolProcesses school(setup);
  school.BeginStory();
  while (school.telling()) forger.SpoilOne();
  EXPECT_EQ(school.Figures(), expected);
  ReferToWhatIsForged(school, forger);
  std::string verified;
  EXPECT_EQ(school.Verify(&verified), 0) << verified;
  const double refused = Refused(school);
  std::printf("%.0f forged values refused\n", refused);
  EXPECT_GT(refused, 50) << "void: hardly anybody read what was spoilt";
  for (size_t i = 0; i < forger.acts().size(); ++i) {
    std::printf("%d %s\n", forger.acts()[i], forger.kActs[i]);
    EXPECT_GT(forger.acts()[i], 0) << forger.kActs[i];
  }
}

TEST(StoryFaults, WithAForgerInRedis) { TellToAForger({}); }

TEST(StoryFaults, WithAForgerInRedisOnPostgres) {
  TellToAForger({.engine = storage::Engine::kPostgres});
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
