#include "shared/cache/layered.h"

#include <atomic>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/support/redis_server.h"

namespace vivier::cache {
namespace {

constexpr uint64_t kSchema = 42;

// The service that owns the resource: one row whose version grows.
struct Owner {
  std::atomic<uint64_t> version{1};
  std::atomic<int> asked{0};

  absl::StatusOr<Versioned> Answer() {
    ++asked;
    const uint64_t now = version;
    return Versioned{now, absl::StrCat("v", now)};
  }
  Layered::BlockingLoader Blocking() {
    return [this] { return Answer(); };
  }
};

std::string Fetch(Layered& layered, Owner& owner, const std::string& name = "a") {
  const auto bytes =
      layered.FetchBlocking(name, kSchema, owner.Blocking(), absl::Now() + absl::Seconds(10));
  return bytes.ok() ? **bytes : std::string(bytes.status().message());
}

const security::Key& SharedKey() {
  static const security::Key& key = *new security::Key(security::Key::Random());
  return key;
}

std::unique_ptr<Layered> With(const RedisServer& server,
                              std::function<absl::Time()> now = absl::Now) {
  auto layered = std::make_unique<Layered>(
      1 << 20,
      Redis::Options{.address = server.address(), .mac_key = SharedKey(), .now = std::move(now)});
  EXPECT_TRUE(Eventually([&] { return layered->redis()->is_ready(); }));
  return layered;
}

TEST(LayeredTest, WorksWithoutRedis) {
  Layered layered(1 << 20, std::nullopt);
  Owner owner;
  EXPECT_EQ(Fetch(layered, owner), "v1");
  EXPECT_EQ(Fetch(layered, owner), "v1");
  EXPECT_EQ(owner.asked, 1);
  owner.version = 2;
  layered.Drop("a");
  EXPECT_EQ(Fetch(layered, owner), "v2");
}

TEST(LayeredTest, OneProcessLoadsForAll) {
  RedisServer server;
  const auto first = With(server), second = With(server);
  Owner owner;
  EXPECT_EQ(Fetch(*first, owner), "v1");
  ASSERT_TRUE(Eventually([&] { return server.Do({"EXISTS", "vivier:a"}) == "1"; }));
  EXPECT_EQ(Fetch(*second, owner), "v1");
  EXPECT_EQ(owner.asked, 1);
}

TEST(LayeredTest, AChangeReachesTheOtherProcess) {
  RedisServer server;
  const auto first = With(server), second = With(server);
  Owner owner;
  EXPECT_EQ(Fetch(*first, owner), "v1");
  ASSERT_TRUE(Eventually([&] { return server.Do({"EXISTS", "vivier:a"}) == "1"; }));
  EXPECT_EQ(Fetch(*second, owner), "v1");
  owner.version = 2;
  first->Drop("a");
  first->redis()->SetIfNewer("a", kSchema, {2, "v2", absl::Now()});
  EXPECT_TRUE(Eventually([&] { return Fetch(*second, owner) == "v2"; }));
}

TEST(LayeredTest, NoFaultOfRedisIsAnErrorOrAWrongAnswer) {
  RedisServer server;
  const auto layered = With(server);
  Owner owner;
  const auto expect_good = [&](const std::string& what) {
    layered->near().Clear();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Fetch(*layered, owner), "v1") << what;
  };
  expect_good("healthy");
  server.Do({"FLUSHALL"});
  expect_good("flushed");
  server.Do({"SET", "vivier:a", "garbage"});
  expect_good("garbage");
  server.Do({"SET", "vivier:a",
             EncodeValue(SharedKey(), "vivier:b", kSchema, {9, "another key's", absl::Now()})});
  expect_good("another key's value");
  server.Stop();
  expect_good("hung");
  server.Continue();
  expect_good("woken");
  server.Kill();
  expect_good("killed");
  server.Start();
  ASSERT_TRUE(Eventually([&] { return layered->redis()->is_ready(); }));
  expect_good("restarted");
}

// The age of what comes from Redis counts in the near cache as well.
TEST(LayeredTest, WhatIsKeptIsAMinuteOldAtMost) {
  RedisServer server;
  std::atomic<int64_t> now_ms{1'800'000'000'000};
  const auto now = [&now_ms] { return absl::FromUnixMillis(now_ms); };
  const auto first = With(server, now), second = With(server, now);
  Owner owner;
  EXPECT_EQ(Fetch(*first, owner), "v1");
  ASSERT_TRUE(Eventually([&] { return server.Do({"EXISTS", "vivier:a"}) == "1"; }));
  owner.version = 2;  // and nobody hears it
  now_ms += 60'000;
  EXPECT_EQ(Fetch(*second, owner), "v1");
  const uint64_t hits = second->redis()->counters().hits;
  EXPECT_EQ(Fetch(*second, owner), "v1");
  EXPECT_EQ(second->redis()->counters().hits, hits + 1) << "kept near beyond its age";
  now_ms += 1;
  EXPECT_EQ(Fetch(*second, owner), "v2");
}

TEST(LayeredTest, ManyCallersAskOnce) {
  RedisServer server;
  const auto layered = With(server);
  constexpr int kCallers = 16;
  std::atomic<int> asked{0}, good{0};
  const auto slow = [&]() -> absl::StatusOr<Versioned> {
    ++asked;
    // Everybody else has joined before the owner answers.
    EXPECT_TRUE(Eventually([&] { return layered->counters().joined == kCallers - 1; }));
    return Versioned{1, "v1"};
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      const auto bytes =
          layered->FetchBlocking("a", kSchema, slow, absl::Now() + absl::Seconds(20));
      good += bytes.ok() && **bytes == "v1";
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(good, kCallers);
}

TEST(LayeredTest, TheOwnersErrorGoesToAllAndIsNotKept) {
  Layered layered(1 << 20, std::nullopt);
  Owner owner;
  const auto failing = []() -> absl::StatusOr<Versioned> { return NotFound("a"); };
  EXPECT_EQ(ReasonOf(layered.FetchBlocking("a", kSchema, failing, absl::InfiniteFuture()).status()),
            "NOT_FOUND");
  EXPECT_EQ(Fetch(layered, owner), "v1");
}

TEST(LayeredTest, WhoAsksAfterADropGetsNoOlderLoad) {
  Layered layered(1 << 20, std::nullopt);
  Owner owner;
  Layered::LoadedCallback pending;
  absl::StatusOr<Bytes> early;
  layered.Fetch(
      "a", kSchema, [&](Layered::LoadedCallback callback) { pending = std::move(callback); },
      [&](absl::StatusOr<Bytes> bytes) { early = std::move(bytes); });
  owner.version = 2;
  layered.Drop("a");
  EXPECT_EQ(Fetch(layered, owner), "v2");
  pending(Versioned{1, "v1"});
  ASSERT_TRUE(early.ok());
  EXPECT_EQ(**early, "v1");
  EXPECT_EQ(Fetch(layered, owner), "v2") << "the older load must not have been put";
}

TEST(LayeredTest, AsynchronousCallersShareALoad) {
  RedisServer server;
  const auto layered = With(server);
  absl::Notification asked;
  Layered::LoadedCallback pending;
  std::atomic<int> loads{0}, answers{0};
  for (int i = 0; i < 10; ++i) {
    layered->Fetch(
        "a", kSchema,
        [&](Layered::LoadedCallback callback) {
          ++loads;
          pending = std::move(callback);
          asked.Notify();
        },
        [&](absl::StatusOr<Bytes> bytes) { answers += bytes.ok() && **bytes == "v1"; });
  }
  ASSERT_TRUE(asked.WaitForNotificationWithTimeout(absl::Seconds(10)));
  pending(Versioned{1, "v1"});
  EXPECT_EQ(answers, 10);
  EXPECT_EQ(loads, 1);
}

TEST(LayeredTest, AWaitingCallerGivesUpAtHisDeadline) {
  Layered layered(1 << 20, std::nullopt);
  Owner owner;
  Layered::LoadedCallback pending;
  layered.Fetch(
      "a", kSchema, [&](Layered::LoadedCallback callback) { pending = std::move(callback); },
      [](absl::StatusOr<Bytes>) {});
  const auto late =
      layered.FetchBlocking("a", kSchema, owner.Blocking(), absl::Now() + absl::Milliseconds(1));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  pending(Versioned{1, "v1"});
  EXPECT_EQ(Fetch(layered, owner), "v1");
}

}  // namespace
}  // namespace vivier::cache
