// Redis with a password, which is in a secret file.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/cache/layered.h"
#include "tests/support/redis_server.h"

namespace vivier::cache {
namespace {

class RedisPasswordTest : public testing::Test {
 protected:
  RedisPasswordTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "password-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~RedisPasswordTest() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ + "/redis.password"; }
  // As whoever rotates a secret does: the file is never half there.
  void Write(const std::string& content, mode_t mode = 0600) {
    const std::string next = file() + ".next";
    std::ofstream(next) << content;
    chmod(next.c_str(), mode);
    std::filesystem::rename(next, file());
  }
  Layered Connected(std::function<absl::Time()> now = absl::Now) {
    return Layered(
        1 << 20, Redis::Options{
                     .address = server_.address(), .password_file = file(), .now = std::move(now)});
  }
  static std::string Fetch(Layered& layered) {
    const auto bytes = layered.FetchBlocking(
        "a", 1,
        [] {
          return Versioned{1, "v1"};
        },
        absl::Now() + absl::Seconds(10));
    return bytes.ok() ? **bytes : std::string(bytes.status().message());
  }
  static bool BecomesReady(Layered& layered) {
    return Eventually([&] { return layered.redis()->is_ready(); });
  }
  // After this many attempts to connect from now on.
  static bool Attempts(Layered& layered, uint64_t more) {
    const uint64_t before = layered.redis()->counters().connects;
    return Eventually([&] { return layered.redis()->counters().connects >= before + more; });
  }

  std::string folder_;
  RedisServer server_{"right"};
};

TEST_F(RedisPasswordTest, TheRightOneIsShownBeforeAnything) {
  Write("right\n");
  Layered layered = Connected();
  ASSERT_TRUE(BecomesReady(layered));
  EXPECT_EQ(Fetch(layered), "v1");
  EXPECT_TRUE(Eventually([&] { return server_.Do({"EXISTS", "vivier:a"}) == "1"; }));
}

TEST_F(RedisPasswordTest, WithAWrongOneTheOwnerIsAskedAndTheLogSaysSo) {
  Write("wrong\n");
  testing::internal::CaptureStderr();
  {
    Layered layered = Connected([] { return absl::FromUnixSeconds(1'800'000'000); });
    EXPECT_TRUE(Attempts(layered, 3));
    EXPECT_EQ(Fetch(layered), "v1");
    EXPECT_FALSE(layered.redis()->is_ready());
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(log, "Redis does not take this process")) << log;
  EXPECT_TRUE(absl::StrContains(log, "WRONGPASS")) << log;
  EXPECT_FALSE(absl::StrContains(log, "wrong\"")) << "the password is in the log: " << log;
  EXPECT_EQ(log.find("Redis does not"), log.rfind("Redis does not")) << "more than a line a minute";
}

TEST_F(RedisPasswordTest, WithoutOneTheOwnerIsAsked) {
  Layered layered(1 << 20, Redis::Options{.address = server_.address()});
  EXPECT_TRUE(Attempts(layered, 2));
  EXPECT_EQ(Fetch(layered), "v1");
  EXPECT_FALSE(layered.redis()->is_ready());
}

TEST_F(RedisPasswordTest, IsReadAgainAtEachConnection) {
  Write("right");
  Layered layered = Connected();
  ASSERT_TRUE(BecomesReady(layered));
  server_.ChangePassword("next");
  ASSERT_TRUE(Eventually([&] { return !layered.redis()->is_ready(); }));
  EXPECT_TRUE(Attempts(layered, 1));
  EXPECT_FALSE(layered.redis()->is_ready());
  EXPECT_EQ(Fetch(layered), "v1");
  Write("next\n");
  EXPECT_TRUE(BecomesReady(layered));
  server_.ChangePassword("last");
  Write("last\n", 0644);
  EXPECT_TRUE(Eventually([&] { return !layered.redis()->is_ready(); }));
  Write("last\n");
  EXPECT_TRUE(BecomesReady(layered));
}

TEST_F(RedisPasswordTest, AFileThatCannotServeIsRefusedWithTheReason) {
  const auto refusal = [this] {
    const absl::Status status = ReadRedisPassword(file()).status();
    EXPECT_EQ(ReasonOf(status), "SECRET_FILE");
    return std::string(status.message());
  };
  EXPECT_TRUE(absl::StrContains(refusal(), "No such file"));
  Write("right\n", 0644);
  EXPECT_TRUE(absl::StrContains(refusal(), "others may read it"));
  Write("\n");
  EXPECT_TRUE(absl::StrContains(refusal(), "holds no password"));
  Write("right \n");
  EXPECT_EQ(*ReadRedisPassword(file()), "right");
}

}  // namespace
}  // namespace vivier::cache
