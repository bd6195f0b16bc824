// When the ends of the chains are told, in virtual time: at most once a minute, at most a minute
// after an act, which is what a kill loses, and with an orderly stop, which loses nothing.
#include "shared/site/anchors.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/perform.h"
#include "tests/support/engines.h"

namespace vivier::site {
namespace {

class AnchorsTest : public ::testing::Test {
 protected:
  AnchorsTest()
      : database_(testing::FreshDatabase(storage::Engine::kSqlite)),
        begun_(storage::Migrate(*database_, "enrolment")),
        scheduler_({[](std::function<void()> task) {
                      task();
                      return absl::OkStatus();
                    },
                    [this] { return now_; }, [this] { return now_; }}),
        writer_(*storage::Writer::Start(*database_, &key_, {}, Observe())),
        anchors_("enrolment", {"nancy"}, scheduler_, *writer_) {
    EXPECT_EQ(begun_, absl::OkStatus());
  }

  storage::Writer::Observer Observe() {
    storage::Writer::Observer observer;
    observer.committed = [this](const storage::Transaction& transaction) {
      acts_ = transaction.head().audit_number;
      anchors_.Committed("nancy", transaction.head());
    };
    return observer;
  }

  void Act() {
    ASSERT_EQ(
        storage::Perform(
            *writer_, "nancy",
            [](storage::Transaction& transaction, absl::Time now) {
              return storage::AppendRecord(transaction, {"test", "test", "", "", "", ""}, now);
            }),
        absl::OkStatus());
  }

  // The number of the last act in each line that `act` makes the process say.
  template <class Do>
  std::vector<int64_t> ToldBy(const Do& act) {
    ::testing::internal::CaptureStderr();
    act();
    const std::string said = ::testing::internal::GetCapturedStderr();
    std::vector<int64_t> told;
    for (const absl::string_view line : absl::StrSplit(said, '\n')) {
      constexpr absl::string_view kBefore = "\"anchor\":\"";
      const size_t begin = line.find(kBefore);
      if (!absl::StrContains(line, "the chains are anchored") || begin == line.npos) continue;
      const size_t text = begin + kBefore.size();
      const auto anchor = storage::ReadAnchor(line.substr(text, line.find('"', text) - text));
      EXPECT_EQ(anchor.status(), absl::OkStatus()) << line;
      if (anchor.ok()) told.push_back(anchor->act.number);
    }
    return told;
  }

  const security::SchoolKey key_ = security::SchoolKey::Random();
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::atomic<int64_t> acts_ = 0;
  std::unique_ptr<storage::Database> database_;
  const absl::Status begun_;
  Scheduler scheduler_;
  std::unique_ptr<storage::Writer> writer_;
  Anchors anchors_;
};

TEST_F(AnchorsTest, AKillLosesAtMostAMinute) {
  constexpr int kSeconds = 200;
  int64_t lines = 0, last = 0, lost = 0;
  for (int second = 0; second < kSeconds; ++second, now_ += absl::Seconds(1)) {
    for (const int64_t act : ToldBy([this] { scheduler_.Turn(); })) {
      ++lines;
      last = act;
    }
    lost = std::max(lost, acts_.load() - last);
    Act();  // one a second
  }
  EXPECT_EQ(lines, 3) << "at most once a minute";
  EXPECT_GT(lost, 50) << "the longest time between two is looked at";
  EXPECT_LE(lost, 61);
}

TEST_F(AnchorsTest, AnOrderlyStopLosesNothing) {
  Act();
  Act();
  EXPECT_EQ(ToldBy([this] { scheduler_.Turn(); }), std::vector<int64_t>());
  EXPECT_EQ(ToldBy([this] { anchors_.End(); }), std::vector<int64_t>{acts_.load()});
  EXPECT_EQ(ToldBy([this] { anchors_.End(); }), std::vector<int64_t>()) << "it is told once";
}

TEST_F(AnchorsTest, SayNothingWhereNothingMoved) {
  EXPECT_EQ(ToldBy([this] {
              now_ += absl::Minutes(5);
              scheduler_.Turn();
              anchors_.End();
            }),
            std::vector<int64_t>());
}

}  // namespace
}  // namespace vivier::site
