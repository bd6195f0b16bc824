#include "shared/cache/near.h"

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier::cache {
namespace {

Bytes Make(const std::string& text) { return std::make_shared<const std::string>(text); }

bool PutNow(NearCache& near, const std::string& name, uint64_t version, const std::string& text) {
  return near.Put(near.TicketFor(name), name, version, Make(text));
}

std::string Read(NearCache& near, const std::string& name) {
  const Bytes bytes = near.Get(name);
  return bytes == nullptr ? "(none)" : *bytes;
}

TEST(NearTest, SetsOnlyWhatIsNewer) {
  NearCache near(1 << 20);
  EXPECT_EQ(Read(near, "a"), "(none)");
  EXPECT_TRUE(PutNow(near, "a", 2, "two"));
  EXPECT_FALSE(PutNow(near, "a", 1, "one"));
  EXPECT_FALSE(PutNow(near, "a", 2, "other two"));
  EXPECT_EQ(Read(near, "a"), "two");
  EXPECT_TRUE(PutNow(near, "a", 3, "three"));
  EXPECT_EQ(Read(near, "a"), "three");
}

TEST(NearTest, WhatWasReadBeforeADropIsNotPut) {
  NearCache near(1 << 20);
  const NearCache::Ticket before = near.TicketFor("a");
  near.Drop("a");
  EXPECT_FALSE(near.Put(before, "a", 1, Make("old")));
  EXPECT_EQ(Read(near, "a"), "(none)");
  EXPECT_TRUE(PutNow(near, "a", 1, "fresh"));
  const NearCache::Ticket again = near.TicketFor("a");
  near.Clear();
  EXPECT_EQ(Read(near, "a"), "(none)");
  EXPECT_FALSE(near.Put(again, "a", 2, Make("old")));
}

TEST(NearTest, ForgetsAfterItsLife) {
  NearCache near(1 << 20);
  ASSERT_TRUE(near.Put(near.TicketFor("a"), "a", 5, Make("gone"), absl::ZeroDuration()));
  EXPECT_EQ(Read(near, "a"), "(none)");
  ASSERT_TRUE(near.Put(near.TicketFor("b"), "b", 5, Make("gone"), absl::ZeroDuration()));
  EXPECT_TRUE(near.Put(near.TicketFor("b"), "b", 5, Make("here"), absl::Hours(1)))
      << "what expired blocks nothing";
  EXPECT_EQ(Read(near, "b"), "here");
}

TEST(NearTest, StaysWithinItsBytesAndKeepsWhatIsUsed) {
  constexpr size_t kBytesMax = 1 << 20;
  NearCache near(kBytesMax);
  ASSERT_TRUE(PutNow(near, "favourite", 1, "f"));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(PutNow(near, absl::StrCat("name", i), 1, std::string(200, 'x')));
    ASSERT_EQ(Read(near, "favourite"), "f");
    ASSERT_LE(near.bytes(), kBytesMax);
  }
  EXPECT_GT(near.bytes(), kBytesMax * 8 / 10);
  EXPECT_GT(near.counters().evictions, 10'000u);
  EXPECT_EQ(Read(near, "name0"), "(none)");
  EXPECT_EQ(Read(near, "name19999"), std::string(200, 'x'));
}

TEST(NearTest, RefusesWhatIsTooLarge) {
  NearCache near(1 << 20);
  ASSERT_TRUE(PutNow(near, "a", 1, "small"));
  EXPECT_FALSE(PutNow(near, "a", 2, std::string(1 << 20, 'x')));
  EXPECT_EQ(Read(near, "a"), "small");
}

// A row whose version only grows; readers put what they read, the writer drops after each change.
// No reader may find in the cache a version older than one that was dropped before it looked.
TEST(NearTest, NeverServesWhatWasDroppedBeforeTheLook) {
  NearCache near(1 << 20);
  std::atomic<uint64_t> row{1}, dropped{0};
  std::atomic<int> stale{0};
  std::atomic<bool> is_done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!is_done) {
        const uint64_t oldest = dropped;
        const Bytes bytes = near.Get("row");
        if (bytes != nullptr && std::stoull(*bytes) < oldest) ++stale;
        const NearCache::Ticket ticket = near.TicketFor("row");
        const uint64_t version = row;
        near.Put(ticket, "row", version, Make(std::to_string(version)));
      }
    });
  }
  for (uint64_t version = 2; version < 50'000; ++version) {
    row = version;
    near.Drop("row");
    dropped = version;
  }
  is_done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(stale, 0);
}

TEST(NearTest, ALookUpIsShort) {
  NearCache near(64 << 20);
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) {
    names.push_back(absl::StrCat("schools/nancy/cohorts/", i));
    ASSERT_TRUE(PutNow(near, names.back(), 1, std::string(300, 'x')));
  }
  size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 50; ++round) {
    for (const std::string& name : names) bytes += near.Get(name)->size();
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::cout << "near look-up among 10,000: " << spent.count() / 500'000 << " ns\n";
  EXPECT_EQ(bytes, 300u * 500'000);
  EXPECT_LT(spent.count() / 500'000, 10'000) << "a look-up depends on the number of entries";
}

}  // namespace
}  // namespace vivier::cache
