// Fifty schools over one stream, on both engines: what happens at one of them holds back no other,
// what a school costs, and every event once and in order whatever breaks.
#include <atomic>
#include <filesystem>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/follow/follower.h"
#include "tests/follow/producer.h"
#include "tests/follow/replica.h"
#include "tests/support/engines.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::follow {
namespace {

using enrolment::v1::CohortOpened;
using storage::Engine;
using testing::Producer;
using testing::Replica;
using testing::WaitUntil;

std::set<std::string> Schools(int count) {
  std::set<std::string> schools;
  for (int i = 0; i < count; ++i) schools.insert(absl::StrCat("school-", i));
  return schools;
}

std::string SchoolOf(const CohortOpened& event) {
  return std::vector<std::string>(absl::StrSplit(event.cohort(), '/'))[1];
}

absl::Status Accept(const CohortOpened&) { return absl::OkStatus(); }

int Threads() {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                        std::filesystem::directory_iterator()));
}

class FollowerSchoolsTest : public ::testing::TestWithParam<Engine> {
 protected:
  FollowerSchoolsTest() : producer_(GetParam(), Schools(50)), url_(Replica::FreshUrl(GetParam())) {}

  std::unique_ptr<Replica> Follow(const std::set<std::string>& schools,
                                  Replica::React react = Accept) {
    return std::make_unique<Replica>(url_, producer_.channel(), "", schools, std::move(react));
  }
  void Change(const std::string& sql) {
    const std::unique_ptr<storage::Database> database = *storage::Database::Open(url_);
    const auto connection = *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection->Query(sql).status(), absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  // Titles by school, in the order in which they were applied.
  std::map<std::string, std::vector<std::string>> Rows(const std::string& sql) {
    const std::unique_ptr<storage::Database> database = *storage::Database::Open(url_);
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const absl::StatusOr<storage::Result> rows = connection->Query(sql);
    connection->Rollback();
    EXPECT_EQ(rows.status(), absl::OkStatus());
    std::map<std::string, std::vector<std::string>> texts;
    for (const storage::Row& row : rows->rows)
      texts[std::get<std::string>(row[0])].push_back(std::get<std::string>(row[1]));
    return texts;
  }
  std::map<std::string, std::vector<std::string>> Seen() {
    return Rows("SELECT school, title FROM seen ORDER BY school, place");
  }

  Producer producer_;
  const std::string url_;
};

INSTANTIATE_TEST_SUITE_P(Engines, FollowerSchoolsTest, testing::BothEngines(), testing::EngineName);

TEST_P(FollowerSchoolsTest, ASchoolCostsNoThreadAndNoStream) {
  int threads_of_one = 0;
  for (const int count : {1, 50}) {
    for (const std::string& school : Schools(count)) producer_.Append(school, {"a", "b"});
    const std::unique_ptr<Replica> replica = Follow(Schools(count));
    for (const std::string& school : Schools(count)) replica->WaitFor(2, school);
    EXPECT_EQ(producer_.open(), 1);
    if (count == 1) threads_of_one = Threads();
    // The pools of both sides make their threads as they need them: three at most.
    EXPECT_LE(Threads(), threads_of_one + 3) << count << " schools";
  }
}

TEST_P(FollowerSchoolsTest, OneThatFailsOrIsForkedHoldsBackNoOther) {
  const std::set<std::string> schools = Schools(50);
  for (const std::string& school : schools) producer_.Append(school, {"a", "b"});
  std::unique_ptr<Replica> replica = Follow(schools);
  for (const std::string& school : schools) replica->WaitFor(2, school);
  replica = nullptr;
  Change("UPDATE cursors SET number = 9 WHERE school = 'school-3'");

  std::atomic<bool> down = true;
  replica = Follow(schools, [&](const CohortOpened& event) -> absl::Status {
    if (SchoolOf(event) == "school-1" && down) return Unavailable("down");
    if (SchoolOf(event) == "school-2" && event.title() == "c") return Internal("no such programme");
    return absl::OkStatus();
  });
  for (const std::string& school : schools) producer_.Append(school, {"c", "d"});
  for (const std::string& school : schools)
    if (school != "school-1" && school != "school-3") replica->WaitFor(4, school);
  WaitUntil([&] { return replica->forked("school-3"); });
  EXPECT_EQ(replica->applied("school-1"), 2);
  EXPECT_EQ(replica->lag("school-1").events, 2);
  EXPECT_EQ(replica->lag("school-4").events, 0);
  EXPECT_FALSE(replica->forked("school-4"));

  // They go on while others fail, as long as that takes.
  for (int number = 5; number <= 9; ++number) {
    producer_.Append("school-4", {absl::StrCat("e", number)});
    replica->WaitFor(number, "school-4");
  }
  down = false;
  replica->WaitFor(4, "school-1");
  replica = nullptr;
  EXPECT_EQ(Seen()["school-1"], (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(Seen()["school-2"], (std::vector<std::string>{"a", "b", "d"}));
  EXPECT_EQ(Seen()["school-3"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Rows("SELECT school, reason FROM parked_events").size(), 1u);
}

// More than may wait for a school that fails comes meanwhile.
TEST_P(FollowerSchoolsTest, OneThatFailsGoesOnWhereItStoodHoweverMuchCame) {
  const std::string big(20'000, 'x');
  std::vector<std::string> titles;
  for (int i = 0; i < 1'200; ++i) titles.push_back(absl::StrCat("c", i % 7, ":", i, big));
  std::atomic<bool> down = true;
  const auto replica = Follow(Schools(3), [&](const CohortOpened& event) -> absl::Status {
    return SchoolOf(event) == "school-1" && down ? Unavailable("down") : absl::OkStatus();
  });
  for (size_t i = 0; i < titles.size(); i += 100)
    producer_.Append("school-1", {titles.begin() + static_cast<int>(i),
                                  titles.begin() + static_cast<int>(i) + 100});
  producer_.Append("school-2", {"a"});
  replica->WaitFor(1, "school-2");
  EXPECT_EQ(replica->applied("school-1"), 0);
  // The log waits outside of the stream, which was opened without it.
  WaitUntil([&] { return producer_.opened() > 1; });
  producer_.Append("school-2", {"b"});
  replica->WaitFor(2, "school-2");
  down = false;
  replica->WaitFor(1'200, "school-1");
  EXPECT_EQ(Seen()["school-1"], titles);
}

TEST_P(FollowerSchoolsTest, ASchoolThatComesLateIsFollowedThen) {
  std::set<std::string> schools = Schools(50);
  schools.insert("late");
  const std::unique_ptr<Replica> replica = Follow(schools);
  producer_.Append("school-7", {"a"});
  replica->WaitFor(1, "school-7");
  producer_.Serve(schools);
  producer_.Append("late", {"a", "b"});
  producer_.Append("school-7", {"b"});
  replica->WaitFor(2, "late");
  replica->WaitFor(2, "school-7");
  EXPECT_EQ(producer_.open(), 1);
}

// While a site is upgraded, its processes are of two versions.
TEST_P(FollowerSchoolsTest, FollowsOneLogOfAnEarlierVersion) {
  producer_.SetEarlier(true);
  producer_.Append("school-1", {"a", "b"});
  std::unique_ptr<Replica> replica = Follow({"school-1"});
  replica->WaitFor(2, "school-1");
  producer_.Append("school-1", {"c"});
  replica->WaitFor(3, "school-1");
  EXPECT_EQ(replica->lag("school-1").events, 0);
  replica = nullptr;
  Change("UPDATE cursors SET number = 9");
  replica = Follow({"school-1"});
  WaitUntil([&] { return replica->forked("school-1"); });
}

// Whatever breaks and fails on the way, at whatever moment: seeds tell which.
TEST_P(FollowerSchoolsTest, AppliesEachOnceAndInOrderWhateverBreaks) {
  const std::set<std::string> schools = Schools(8);
  std::map<std::string, std::vector<std::string>> appended;
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed), breaking(seed + 100), failing(seed + 200);
    producer_.SetBreaks([&breaking] { return breaking() % 8 == 0; });
    std::unique_ptr<Replica> replica = Follow(schools, [&](const CohortOpened&) {
      return failing() % 1000 == 0 ? absl::AbortedError("again") : absl::OkStatus();
    });
    for (int round = 0; round < 40; ++round) {
      const std::string school = absl::StrCat("school-", random() % schools.size());
      std::vector<std::string> titles;
      const size_t count = random() % 10 == 0 ? 700 : 1 + random() % 20;
      for (size_t i = 0; i < count; ++i)
        titles.push_back(absl::StrCat("c", random() % 5, ":", appended[school].size() + i));
      producer_.Append(school, titles);
      appended[school].insert(appended[school].end(), titles.begin(), titles.end());
    }
    for (const auto& [school, titles] : appended)
      replica->WaitFor(static_cast<int64_t>(titles.size()), school);
    replica = nullptr;
    producer_.SetBreaks(nullptr);
    ASSERT_EQ(Seen(), appended) << "seed " << seed;
    ASSERT_EQ(Rows("SELECT school, reason FROM parked_events").size(), 0u);
    EXPECT_EQ(producer_.open(), 0);
  }
}

}  // namespace
}  // namespace vivier::follow
