// One log as its follower sees it: what is kept of what comes, what goes to the writer next, and
// what keeps it from going on.
#include "shared/follow/followed_log.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::follow {
namespace {

using Page = log::v1::FollowEventsResponse;
using Taken = FollowedLog::Taken;

Page Events(int64_t first, int64_t last, size_t bytes = 10) {
  Page page;
  for (int64_t number = first; number <= last; ++number) {
    log::v1::LoggedEvent& event = *page.add_events();
    event.set_number(number);
    event.set_hash(absl::StrCat("hash ", number));
    event.mutable_payload()->set_type_url("type.googleapis.com/vivier.enrolment.v1.CohortOpened");
    event.mutable_payload()->set_value(std::string(bytes, 'x'));
  }
  return page;
}

const EventWork::Outcome kApplied = {Verdict::kApplied, absl::OkStatus()};
const EventWork::Outcome kGap = {Verdict::kGap, absl::OkStatus()};

EventWork::Outcome RefusedBy(const absl::Status& error) { return {Verdict::kRefused, error}; }

class FollowedLogTest : public ::testing::Test {
 protected:
  FollowedLogTest() { log_.Begin({10, "hash 10"}); }

  Taken Take(Page page) { return log_.Take(page); }
  std::vector<int64_t> Batch(size_t most = 100) {
    std::vector<int64_t> numbers;
    for (const log::v1::LoggedEvent* event : log_.Batch(most)) numbers.push_back(event->number());
    return numbers;
  }
  FollowedLog::Next Conclude(const std::vector<EventWork::Outcome>& outcomes) {
    return log_.Conclude(outcomes);
  }

  FollowedLog log_{{"enrolment", "nancy", {}, std::make_shared<Progress>(absl::Now())}};
};

using Numbers = std::vector<int64_t>;

TEST_F(FollowedLogTest, TakesEachEventOnceAndInOrder) {
  EXPECT_EQ(Take(Events(11, 13)), Taken::kAll);
  EXPECT_EQ(Take(Events(9, 14)), Taken::kAll);  // the stream began anew
  EXPECT_EQ(Batch(2), (Numbers{11, 12}));
  EXPECT_EQ(Batch(), Numbers{}) << "one batch at a time";
  Conclude({kApplied, kApplied});
  EXPECT_EQ(log_.position().number, 12);
  EXPECT_EQ(log_.position().hash, "hash 12");
  EXPECT_EQ(log_.progress().applied(), 12);
  EXPECT_EQ(Batch(), (Numbers{13, 14}));
}

TEST_F(FollowedLogTest, AsksAgainForWhatIsMissing) {
  EXPECT_EQ(Take(Events(12, 13)), Taken::kLost);
  EXPECT_EQ(Take(Events(14, 14)), Taken::kAll) << "asked for once";
  EXPECT_EQ(Batch(), Numbers{});
  log_.Opened();
  EXPECT_EQ(Take(Events(11, 11)), Taken::kAll);
  EXPECT_EQ(Batch(), (Numbers{11}));
}

// While it goes on the stream waits for it; while it pauses it must not hold up the others.
TEST_F(FollowedLogTest, KeepsABoundedPart) {
  const size_t big = FollowedLog::kWaitingBytesMax;
  EXPECT_EQ(Take(Events(11, 11, big)), Taken::kAll);
  EXPECT_EQ(Take(Events(12, 12)), Taken::kNoRoom);
  EXPECT_EQ(Batch(), Numbers{11});
  EXPECT_TRUE(Conclude({RefusedBy(Unavailable("down"))}).pause);
  EXPECT_TRUE(log_.IsWanted());
  EXPECT_EQ(Take(Events(12, 12)), Taken::kLost);
  EXPECT_FALSE(log_.IsWanted());
  log_.Resume();
  EXPECT_EQ(Batch(), Numbers{11});
  EXPECT_TRUE(Conclude({kApplied}).ask_again);
  EXPECT_TRUE(log_.IsWanted());
}

TEST_F(FollowedLogTest, TriesAnEventAFewTimesAndWhatPassesForEver) {
  Take(Events(11, 12));
  for (int attempt = 1; attempt <= 3 * FollowedLog::kAttemptsMax; ++attempt) {
    ASSERT_EQ(Batch(), (Numbers{11, 12}));
    EXPECT_TRUE(Conclude({RefusedBy(Unavailable("down")), kGap}).pause);
    EXPECT_EQ(Batch(), Numbers{}) << "it pauses";
    log_.Resume();
  }
  for (int attempt = 1; attempt <= FollowedLog::kAttemptsMax; ++attempt) {
    const auto batch = log_.Batch(100);
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(log_.ParkReason(*batch[0]), "");
    Conclude({RefusedBy(Internal("no such programme")), kGap});
    log_.Resume();
  }
  const auto batch = log_.Batch(100);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(log_.ParkReason(*batch[0]), "no such programme");
  EXPECT_EQ(log_.ParkReason(*batch[1]), "");
}

TEST_F(FollowedLogTest, ReadsItsCursorAgainWhereThatIsElsewhere) {
  Take(Events(11, 12));
  Batch();
  EXPECT_TRUE(Conclude({kApplied, kGap}).read_cursor);
  EXPECT_FALSE(log_.IsWanted());
  EXPECT_EQ(Batch(), Numbers{});
  log_.Begin({3, "hash 3"});
  EXPECT_TRUE(log_.IsWanted());
  EXPECT_EQ(log_.progress().applied(), 3);
  EXPECT_EQ(Take(Events(4, 5)), Taken::kAll);
  EXPECT_EQ(Batch(), (Numbers{4, 5}));
}

TEST_F(FollowedLogTest, IsLeftAloneLongerEachTimeThatItIsRefused) {
  EXPECT_EQ(log_.Refuse(NotAllowed("schools/nancy")), absl::Seconds(1));
  EXPECT_FALSE(log_.IsWanted());
  log_.EndRefusal();
  EXPECT_TRUE(log_.IsWanted());
  EXPECT_EQ(log_.Refuse(NotAllowed("schools/nancy")), absl::Seconds(2));
  for (int i = 0; i < 10; ++i) log_.Refuse(NotAllowed("schools/nancy"));
  EXPECT_EQ(log_.Refuse(NotAllowed("schools/nancy")), absl::Seconds(30));
  Take(Events(11, 11));
  EXPECT_EQ(log_.Refuse(NotAllowed("schools/nancy")), absl::Seconds(1));
}

TEST_F(FollowedLogTest, IsFollowedNoFurtherOnceItIsForked) {
  EXPECT_EQ(log_.Refuse(Refused(log::v1::LOG_FORKED, "restored")), absl::InfiniteDuration());
  log_.EndRefusal();
  EXPECT_FALSE(log_.IsWanted());
  EXPECT_TRUE(log_.progress().forked());
}

}  // namespace
}  // namespace vivier::follow
