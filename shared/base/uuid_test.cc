#include "shared/base/uuid.h"

#include <set>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

TEST(UuidTest, AcceptsTheCanonicalFormOnly) {
  const struct {
    std::string text;
    bool is_uuid;
  } rows[] = {
      {"3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4d", true},
      {"3F2B8C1E-7D54-4A6B-9C0D-5E8F1A2B3C4D", true},
      {"00000000-0000-0000-0000-000000000000", true},
      {"", false},
      {"3f2b8c1e7d544a6b9c0d5e8f1a2b3c4d", false},
      {"3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4", false},
      {"3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4d0", false},
      {"{3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4d}", false},
      {"3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4g", false},
      {"3f2b8c1e+7d54-4a6b-9c0d-5e8f1a2b3c4d", false},
      {"3f2b8c1-e7d54-4a6b-9c0d-5e8f1a2b3c4d", false},
      {std::string(36, '\0'), false},
  };
  for (const auto& row : rows) EXPECT_EQ(IsUuid(row.text), row.is_uuid) << row.text;
}

TEST(UuidTest, DrawsVersionFourOfTheVariantWithoutRepeating) {
  std::set<std::string> seen;
  for (int i = 0; i < 20'000; ++i) {
    const std::string uuid = RandomUuid();
    ASSERT_TRUE(IsUuid(uuid)) << uuid;
    ASSERT_EQ(uuid[14], '4') << uuid;
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 20'000u);
}

TEST(UuidTest, TimeOrderedOnesBeginWithTheirMillisecond) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t before = absl::ToUnixMillis(absl::Now());
    const std::string uuid = TimeOrderedUuid();
    const int64_t after = absl::ToUnixMillis(absl::Now());
    ASSERT_TRUE(IsUuid(uuid)) << uuid;
    ASSERT_EQ(uuid[14], '7') << uuid;
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    const int64_t time = std::stoll(uuid.substr(0, 8) + uuid.substr(9, 4), nullptr, 16);
    ASSERT_LE(before, time);
    ASSERT_LE(time, after);
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

TEST(UuidTest, ThreadsDrawDifferentOnes) {
  std::vector<std::vector<std::string>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 2'000; ++i) mine.push_back(RandomUuid());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> seen;
  for (const auto& mine : drawn) seen.insert(mine.begin(), mine.end());
  EXPECT_EQ(seen.size(), 8'000u);
}

TEST(UuidOf, IsTheSameForTheSameTextOnly) {
  EXPECT_EQ(UuidOf("a"), UuidOf("a"));
  EXPECT_NE(UuidOf("a"), UuidOf("b"));
  EXPECT_TRUE(IsUuid(UuidOf("a")));
  EXPECT_EQ(UuidOf("a")[14], '8');  // the version
}

}  // namespace
}  // namespace vivier
