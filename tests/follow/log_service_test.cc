// A log as it is served, on both engines: one stream for all schools, in turns, one page at a time,
// and what becomes of those that are refused.
#include "shared/follow/log_service.h"

#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"
#include "shared/storage/log/events.h"
#include "tests/follow/producer.h"
#include "tests/support/client.h"
#include "tests/support/engines.h"

namespace vivier::follow {
namespace {

using log::v1::FollowEventsRequest;
using log::v1::FollowEventsResponse;
using log::v1::LogPosition;
using storage::Engine;
using testing::BlockingStream;
using ::testing::ElementsAre;
using testing::Producer;
using ::testing::UnorderedElementsAre;

LogPosition At(const std::string& school, int64_t number = 0, const std::string& hash = "") {
  LogPosition position;
  position.set_parent("schools/" + school);
  position.set_service("enrolment");
  position.set_after_number(number);
  position.set_after_hash(hash);
  return position;
}

constexpr char kNothingNew[] = "schools/-";

class LogServiceTest : public ::testing::TestWithParam<Engine> {
 protected:
  LogServiceTest() : producer_(GetParam(), {"nancy", "metz", "toul"}) {}

  std::unique_ptr<BlockingStream> Follow(const std::vector<LogPosition>& logs) {
    FollowEventsRequest request;
    EXPECT_TRUE(request.ParseFromString(logs[0].SerializeAsString()));
    for (size_t i = 1; i < logs.size(); ++i) *request.add_others() = logs[i];
    return std::make_unique<BlockingStream>(*producer_.channel(), "", request.SerializeAsString());
  }
  static FollowEventsResponse Read(BlockingStream& stream) {
    const absl::StatusOr<std::optional<std::string>> message = stream.Read();
    FollowEventsResponse page;
    EXPECT_TRUE(message.ok() && message->has_value()) << message.status();
    if (message.ok() && message->has_value()) {
      EXPECT_TRUE(page.ParseFromString(**message));
    }
    return page;
  }
  // "schools/nancy 1-3/3": whose events, which, and where the log ends.
  static std::string Words(const FollowEventsResponse& page) {
    if (page.has_error())
      return absl::StrCat(page.parent(), " ", ReasonOf(FromMessage(page.error())));
    if (page.events().empty()) return page.parent();
    return absl::StrCat(page.parent(), " ", page.events(0).number(), "-",
                        page.events().rbegin()->number(), "/", page.last_number());
  }
  // The next messages that say something.
  std::vector<std::string> ReadWords(BlockingStream& stream, size_t messages) {
    std::vector<std::string> words;
    while (words.size() < messages && !HasFailure())
      if (std::string word = Words(Read(stream)); word != kNothingNew)
        words.push_back(std::move(word));
    return words;
  }
  void AppendMany(const std::string& school, int events) {
    std::vector<std::string> titles;
    for (int i = 0; i < events; ++i) titles.push_back(absl::StrCat("c", i));
    producer_.Append(school, titles);
  }

  Producer producer_;
};

INSTANTIATE_TEST_SUITE_P(Engines, LogServiceTest, testing::BothEngines(), testing::EngineName);

TEST_P(LogServiceTest, OneStreamCarriesAllSchools) {
  producer_.Append("nancy", {"a", "b"});
  producer_.Append("metz", {"a"});
  const auto stream = Follow({At("nancy"), At("metz"), At("toul")});
  EXPECT_THAT(ReadWords(*stream, 2),
              UnorderedElementsAre("schools/nancy 1-2/2", "schools/metz 1-1/1"));
  EXPECT_EQ(Words(Read(*stream)), kNothingNew);
  producer_.Append("toul", {"a", "b", "c"});
  EXPECT_THAT(ReadWords(*stream, 1), ElementsAre("schools/toul 1-3/3"));
  producer_.Append("nancy", {"c"});
  EXPECT_THAT(ReadWords(*stream, 1), ElementsAre("schools/nancy 3-3/3"));
  EXPECT_EQ(producer_.open(), 1);
}

TEST_P(LogServiceTest, AFirstWordComesWhereNothingIsNew) {
  producer_.Append("nancy", {"a"});
  const std::string hash = Read(*Follow({At("nancy")})).events(0).hash();
  const auto stream = Follow({At("nancy", 1, hash), At("metz")});
  EXPECT_EQ(Words(Read(*stream)), kNothingNew);
  const auto alone = Follow({At("nancy", 1, hash)});
  const FollowEventsResponse word = Read(*alone);  // also for who has one log a stream
  EXPECT_EQ(word.parent(), kNothingNew);
  EXPECT_EQ(word.last_number(), 1);
}

// A school with much to send sends a page, and then it is the turn of the others.
TEST_P(LogServiceTest, NoSchoolWaitsForHowMuchAnotherSends) {
  AppendMany("nancy", 5 * storage::kEventsPerPage);
  const auto stream = Follow({At("nancy"), At("metz")});
  EXPECT_EQ(Words(Read(*stream)), "schools/nancy 1-500/2500");
  producer_.Append("metz", {"a"});
  // One page of nancy's may have been read before the commit.
  const std::vector<std::string> words = ReadWords(*stream, 3);
  EXPECT_THAT(words, ::testing::Contains("schools/metz 1-1/1"));
  EXPECT_THAT(words, ::testing::Contains("schools/nancy 501-1000/2500"));
}

// What nobody reads is not read from the database either.
TEST_P(LogServiceTest, AReaderThatReadsNothingHoldsOnePage) {
  AppendMany("nancy", 3 * storage::kEventsPerPage);
  const auto stream = Follow({At("nancy")});
  EXPECT_EQ(Words(Read(*stream)), "schools/nancy 1-500/1500");
  AppendMany("nancy", 1);
  // The second page may have been made before the last commit, never the third.
  EXPECT_EQ(ReadWords(*stream, 2).back(), "schools/nancy 1001-1500/1501");
}

TEST_P(LogServiceTest, ALogThatIsRefusedLeavesTheOthersGoing) {
  producer_.Append("nancy", {"a", "b"});
  producer_.Append("metz", {"a"});
  LogPosition elsewhere = At("nancy");
  elsewhere.set_service("funding");
  const auto stream = Follow({At("paris"), At("nancy", 2, "another hash"), elsewhere, At("metz")});
  EXPECT_THAT(ReadWords(*stream, 4),
              UnorderedElementsAre("schools/paris NOT_ALLOWED", "schools/nancy LOG_FORKED",
                                   "schools/nancy NOT_SERVED_HERE", "schools/metz 1-1/1"));
  producer_.Append("nancy", {"c"});
  producer_.Append("metz", {"b"});
  EXPECT_THAT(ReadWords(*stream, 1), ElementsAre("schools/metz 2-2/2"));
}

TEST_P(LogServiceTest, AStreamWithoutALogEnds) {
  const auto alone = Follow({At("paris")});
  EXPECT_EQ(ReasonOf(alone->Read().status()), "NOT_ALLOWED");
  const auto both = Follow({At("paris"), At("lyon")});
  EXPECT_THAT(ReadWords(*both, 2),
              UnorderedElementsAre("schools/paris NOT_ALLOWED", "schools/lyon NOT_ALLOWED"));
  EXPECT_EQ(both->Read().status().code(), absl::StatusCode::kUnavailable);
  const auto twice = Follow({At("nancy"), At("nancy")});
  EXPECT_EQ(ReasonOf(twice->Read().status()), "INVALID_FIELD");
}

TEST_P(LogServiceTest, NotesWhereEachLogIsReadFrom) {
  producer_.Append("nancy", {"a", "b"});
  const FollowEventsResponse page = Read(*Follow({At("nancy"), At("metz")}));
  EXPECT_THAT(producer_.Noted("nancy"), ElementsAre(0));
  const auto stream = Follow({At("nancy", 2, page.events(1).hash()), At("metz")});
  EXPECT_EQ(Words(Read(*stream)), kNothingNew);
  EXPECT_THAT(producer_.Noted("nancy"), ElementsAre(2));
  EXPECT_THAT(producer_.Noted("metz"), ElementsAre(0));
  EXPECT_THAT(producer_.Noted("toul"), ElementsAre());
}

class ReplicatedLogTest : public LogServiceTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ReplicatedLogTest, ::testing::Values(Engine::kPostgres),
                         testing::EngineName);

TEST_P(ReplicatedLogTest, FindsWhatAnotherProcessCommits) {
  const auto stream = Follow({At("nancy"), At("metz")});
  EXPECT_EQ(Words(Read(*stream)), kNothingNew);
  producer_.AppendElsewhere("metz", {"a"});
  EXPECT_THAT(ReadWords(*stream, 1), ElementsAre("schools/metz 1-1/1"));
}

}  // namespace
}  // namespace vivier::follow
