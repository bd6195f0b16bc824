#include "shared/cache/redis.h"

#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/redis_server.h"

namespace vivier::cache {
namespace {

constexpr uint64_t kSchema = 0x0123456789abcdef;

class RedisTest : public testing::Test {
 protected:
  RedisTest()
      : redis_({.address = server_.address(), .mac_key = key_, .now = [this] { return Now(); }},
               {.on_changed = [this](absl::string_view name) { Changed(name); },
                .on_lost = [this] { ++lost_; },
                .on_ready = nullptr}) {}

  void SetUp() override {
    ASSERT_TRUE(Eventually([this] { return redis_.is_ready(); }));
  }

  // "(miss)", or the version and the payload.
  std::string Get(const std::string& name, uint64_t schema = kSchema) {
    absl::Notification done;
    std::string answer = "(miss)";
    redis_.Get(name, schema, [&](std::optional<Versioned> value) {
      if (value) answer = absl::StrCat(value->version, " ", value->payload);
      done.Notify();
    });
    if (!done.WaitForNotificationWithTimeout(absl::Seconds(10)))
      ADD_FAILURE() << "never called back";
    return answer;
  }

  bool Set(const std::string& name, uint64_t version, const std::string& payload,
           uint64_t schema = kSchema) {
    absl::Notification done;
    bool is_stored = false;
    redis_.SetIfNewer(name, schema, {version, payload, Now()}, [&](bool stored) {
      is_stored = stored;
      done.Notify();
    });
    if (!done.WaitForNotificationWithTimeout(absl::Seconds(10)))
      ADD_FAILURE() << "never called back";
    return is_stored;
  }

  void Changed(absl::string_view name) {
    const std::lock_guard lock(mutex_);
    changed_.insert(std::string(name));
  }
  bool HasChanged(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return changed_.count(name) > 0;
  }

  // Of this process; it can be moved on.
  absl::Time Now() { return absl::Now() + absl::Milliseconds(ahead_ms_.load()); }
  void Pass(absl::Duration time) { ahead_ms_ += absl::ToInt64Milliseconds(time); }

  const security::Key key_ = security::Key::Random();
  std::atomic<int64_t> ahead_ms_{0};
  RedisServer server_;
  std::mutex mutex_;
  std::set<std::string> changed_;
  std::atomic<int> lost_{0};
  Redis redis_;
};

TEST_F(RedisTest, SetsOnlyWhatIsNewer) {
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_TRUE(Set("a", 0x80, "first"));
  EXPECT_EQ(Get("a"), "128 first");
  EXPECT_FALSE(Set("a", 0x7f, "older"));
  EXPECT_FALSE(Set("a", 0x80, "as old"));
  EXPECT_EQ(Get("a"), "128 first");
  EXPECT_TRUE(Set("a", 0x100, "newer"));
  EXPECT_FALSE(Set("a", 0xff, "older"));
  EXPECT_EQ(Get("a"), "256 newer");
  EXPECT_TRUE(Set("a", ~0ull, "last"));
  EXPECT_FALSE(Set("a", 1, "older"));
  const int64_t life_ms = std::stoll(server_.Do({"PTTL", "vivier:a"}));
  EXPECT_GT(life_ms, 40'000);
  EXPECT_LE(life_ms, 60'000);
}

TEST_F(RedisTest, ScriptSurvivesItsLoss) {
  ASSERT_TRUE(Set("a", 1, "one"));
  server_.Do({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(Set("a", 2, "two"));
  EXPECT_EQ(Get("a"), "2 two");
}

TEST_F(RedisTest, AnotherSchemaIsAMissAndIsReplaced) {
  ASSERT_TRUE(Set("a", 9, "old program"));
  EXPECT_EQ(Get("a", kSchema + 1), "(miss)");
  EXPECT_TRUE(Set("a", 1, "new program", kSchema + 1));
  EXPECT_EQ(Get("a", kSchema + 1), "1 new program");
}

TEST_F(RedisTest, WhatIsOddIsAMissAndIsRemoved) {
  ASSERT_TRUE(Set("other", 5, "other's"));
  const std::string others = server_.Do({"GET", "vivier:other"});
  const struct {
    std::string what;
    std::vector<std::string> command;
  } rows[] = {
      {"garbage", {"SET", "vivier:a", "garbage"}},
      {"empty", {"SET", "vivier:a", ""}},
      {"binary", {"SET", "vivier:a", std::string(1000, '\xff')}},
      {"another key's value", {"SET", "vivier:a", others}},
      {"another school's value",
       {"SET", "vivier:a",
        EncodeValue(security::Key::Random(), "vivier:a", kSchema, {7, "forged", absl::Now()})}},
      {"cut",
       {"SET", "vivier:a",
        EncodeValue(key_, "vivier:a", kSchema, {1, "payload", absl::Now()}).substr(0, 45)}},
      {"a list", {"RPUSH", "vivier:a", "x"}},
      {"a hash", {"HSET", "vivier:a", "x", "y"}},
  };
  for (const auto& row : rows) {
    server_.Do({"DEL", "vivier:a"});
    server_.Do(row.command);
    EXPECT_EQ(Get("a"), "(miss)") << row.what;
    EXPECT_TRUE(Eventually([&] { return server_.Do({"EXISTS", "vivier:a"}) == "0"; })) << row.what;
    EXPECT_TRUE(Set("a", 3, "good")) << row.what;
    EXPECT_EQ(Get("a"), "3 good") << row.what;
    server_.Do(row.command);
    Set("a", 4, "over it");
    EXPECT_THAT(Get("a"), testing::AnyOf("4 over it", "(miss)")) << row.what;
  }
  EXPECT_EQ(Get("other"), "5 other's");
  EXPECT_GE(redis_.counters().forged_values, 8u);
}

TEST_F(RedisTest, HearsWhatIsChangedUnderItsPrefix) {
  Redis other({.address = server_.address()}, {});
  ASSERT_TRUE(Eventually([&] { return other.is_ready(); }));
  other.SetIfNewer("theirs", kSchema, {1, "x", absl::Now()});
  EXPECT_TRUE(Eventually([&] { return HasChanged("theirs"); }));
  server_.Do({"SET", "elsewhere:b", "x"});
  server_.Do({"SET", "vivier:c", "x"});
  EXPECT_TRUE(Eventually([&] { return HasChanged("c"); }));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(changed_, (std::set<std::string>{"theirs", "c"}));
}

// Whoever can write to Redis can put back what was there; how long it is believed is bounded.
TEST_F(RedisTest, AnOldValueIsBelievedForAMinute) {
  ASSERT_TRUE(Set("a", 1, "old"));
  const std::string old = server_.Do({"GET", "vivier:a"});
  Pass(absl::Seconds(59));
  server_.Do({"SET", "vivier:a", old});
  EXPECT_EQ(Get("a"), "1 old");
  Pass(absl::Seconds(2));
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_EQ(redis_.counters().old_values, 1u);
  EXPECT_TRUE(Eventually([&] { return server_.Do({"EXISTS", "vivier:a"}) == "0"; }));
}

TEST_F(RedisTest, WhatWasReplacedIsNotBelievedByWhoHeardOfTheChange) {
  Redis owner({.address = server_.address(), .mac_key = key_}, {});
  ASSERT_TRUE(Eventually([&] { return owner.is_ready(); }));
  ASSERT_TRUE(Set("a", 1, "old"));
  const std::string old = server_.Do({"GET", "vivier:a"});
  owner.Announce("a");
  EXPECT_TRUE(Eventually([&] { return server_.Do({"EXISTS", "vivier:a"}) == "0"; }));
  EXPECT_EQ(Get("a"), "(miss)") << "comes after the announcement on the loop's thread";
  server_.Do({"SET", "vivier:a", old});
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_EQ(redis_.counters().overtaken_values, 1u);
  Pass(absl::Seconds(2));
  EXPECT_TRUE(Set("a", 2, "new"));
  EXPECT_EQ(Get("a"), "2 new");
  EXPECT_TRUE(HasChanged("a"));
}

TEST_F(RedisTest, AnAnnouncementIsHeardWhereRedisHadNothing) {
  Redis owner({.address = server_.address(), .mac_key = key_}, {});
  ASSERT_TRUE(Eventually([&] { return owner.is_ready(); }));
  owner.Announce("never stored");
  EXPECT_TRUE(Eventually([&] { return HasChanged("never stored"); }));
}

TEST_F(RedisTest, AFlushIsALoss) {
  ASSERT_TRUE(Set("a", 1, "x"));
  server_.Do({"FLUSHALL"});
  EXPECT_TRUE(Eventually([&] { return lost_ > 0; }));
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_TRUE(Set("a", 1, "again"));
}

TEST_F(RedisTest, AKilledServerMissesAndComesBack) {
  ASSERT_TRUE(Set("a", 1, "x"));
  server_.Kill();
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_TRUE(Eventually([&] { return !redis_.is_ready(); }, std::chrono::seconds(1)));
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_FALSE(Set("a", 2, "x"));
  server_.Start();
  EXPECT_TRUE(Eventually([&] { return redis_.is_ready(); }));
  EXPECT_EQ(Get("a"), "(miss)");
  EXPECT_TRUE(Set("a", 3, "back"));
  EXPECT_EQ(Get("a"), "3 back");
}

TEST_F(RedisTest, AHungServerIsOutWithinASecond) {
  ASSERT_TRUE(Set("a", 1, "x"));
  server_.Stop();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Get("a"), "(miss)");
  const std::chrono::duration<double, std::milli> first = std::chrono::steady_clock::now() - start;
  EXPECT_TRUE(Eventually([&] { return !redis_.is_ready(); }, std::chrono::seconds(1)));
  constexpr int kRounds = 20'000;
  const auto again = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) ASSERT_EQ(Get("a"), "(miss)");
  const std::chrono::duration<double, std::micro> rest = std::chrono::steady_clock::now() - again;
  std::cout << "hung server: first call " << first.count() << " ms, then " << rest.count() / kRounds
            << " µs each\n";
  EXPECT_LT(first.count(), 1'000);
  EXPECT_LT(rest.count() / kRounds, 1'000) << "calls wait for a server that is known to be out";
  server_.Continue();
  EXPECT_TRUE(Eventually([&] { return redis_.is_ready(); }));
  EXPECT_EQ(Get("a"), "1 x");
}

// Versions race from two connections and several threads; the newest must be what stays.
TEST_F(RedisTest, ARaceEndsWithTheNewest) {
  const Redis::Options patient = {
      .address = server_.address(), .mac_key = key_, .command_timeout = absl::Seconds(30)};
  Redis one(patient, {});
  Redis other(patient, {});
  ASSERT_TRUE(Eventually([&] { return one.is_ready() && other.is_ready(); }));
  constexpr int kVersions = 2'000;
  absl::BlockingCounter done(kVersions);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Redis& redis = thread % 2 == 0 ? one : other;
      for (int i = thread; i < kVersions; i += 4) {
        const auto version = static_cast<uint64_t>((i * 997) % kVersions + 1);
        redis.SetIfNewer("a", kSchema, {version, absl::StrCat("v", version), absl::Now()},
                         [&done](bool) { done.DecrementCount(); });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  done.Wait();
  EXPECT_EQ(one.counters().skipped + other.counters().skipped, 0u);
  EXPECT_EQ(Get("a"), absl::StrCat(kVersions, " v", kVersions));
}

TEST(RedisWithoutServerTest, MissesAndEnds) {
  for (const char* address : {"unix:/nowhere/redis.sock", "127.0.0.1:1", "nonsense", ""}) {
    Redis redis({.address = address}, {});
    absl::Notification done;
    redis.Get("a", kSchema, [&](std::optional<Versioned> value) {
      EXPECT_FALSE(value.has_value()) << address;
      done.Notify();
    });
    EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10))) << address;
    EXPECT_FALSE(redis.is_ready()) << address;
  }
}

TEST_F(RedisTest, CallsBackWhatWaitsWhenItEnds) {
  server_.Stop();
  std::atomic<int> called{0};
  {
    Redis other({.address = server_.address(), .command_timeout = absl::Seconds(60)}, {});
    for (int i = 0; i < 100; ++i)
      other.Get("a", kSchema, [&](std::optional<Versioned>) { ++called; });
  }
  EXPECT_EQ(called, 100);
  server_.Continue();
}

}  // namespace
}  // namespace vivier::cache
