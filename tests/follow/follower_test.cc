// Followers of a real log on both engines: each event once and in order, across restarts, failures
// and replicas.
#include "shared/follow/follower.h"

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/follow/parked.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/events.h"
#include "tests/follow/replica.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::follow {
namespace {

using enrolment::v1::CohortOpened;
using storage::Engine;
using storage::Value;
using testing::Replica;
using testing::WaitUntil;

class FollowerTest : public ::testing::TestWithParam<Engine> {
 protected:
  FollowerTest() : world_(GetParam()), url_(Replica::FreshUrl(GetParam())) {}

  static void InTransaction(const std::string& url,
                            const std::function<absl::Status(storage::Transaction&)>& run) {
    const std::unique_ptr<storage::Database> database = *storage::Database::Open(url);
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    storage::Transaction transaction(*connection, "nancy", nullptr);
    ASSERT_EQ(transaction.LockHead(), absl::OkStatus());
    ASSERT_EQ(run(transaction), absl::OkStatus());
    ASSERT_EQ(transaction.StoreHead(), absl::OkStatus());
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  }
  static void Change(const std::string& url, const std::string& sql) {
    InTransaction(url, [&](storage::Transaction& transaction) {
      return transaction.connection().Query(sql).status();
    });
  }

  // Works on enrolment's database; on SQLite only its own process may.
  void InLog(const std::function<absl::Status(storage::Transaction&)>& run) {
    const bool alone = GetParam() == Engine::kSqlite;
    if (alone) world_.Stop();
    InTransaction(world_.DatabaseUrl("enrolment"), run);
    if (alone) world_.Start();
  }

  // Appends events to enrolment's log; each title is "SUBJECT" or "SUBJECT:rest".
  void Append(const std::vector<std::string>& titles) {
    InLog([&](storage::Transaction& transaction) -> absl::Status {
      for (const std::string& title : titles) {
        CohortOpened event;
        event.set_cohort("schools/nancy/cohorts/" + title.substr(0, title.find(':')));
        event.set_title(title);
        RETURN_IF_ERROR(storage::AppendEvent(transaction, event, absl::Now(), ""));
      }
      return absl::OkStatus();
    });
  }

  // Appends what a newer binary may have written.
  void AppendUnknown(const std::string& subject) {
    InLog([&](storage::Transaction& transaction) {
      storage::Head& head = transaction.head();
      const storage::StoredEvent event = {++head.event_number,
                                          "vivier.enrolment.v1.CohortPostponed",
                                          "schools/nancy/cohorts/" + subject,
                                          "",
                                          "x",
                                          0,
                                          ""};
      head.event_hash = storage::EventHash(head.event_hash, event);
      return transaction.connection().Send(
          "INSERT INTO events (school, number, hash, type, subject, person, payload, create_time, "
          "traceparent) "
          "VALUES ('nancy', $1, $2, $3, $4, '', $5, 0, '')",
          {Value(event.number), Value(storage::Bytes{head.event_hash}), Value(event.type),
           Value(event.subject), Value(storage::Bytes{event.payload})});
    });
  }

  std::unique_ptr<Replica> Follow(Replica::React react = [](const CohortOpened&) {
    return absl::OkStatus();
  }) {
    return std::make_unique<Replica>(url_, world_.site().channel(),
                                     world_.Authorization(testing::World::Person()),
                                     std::set<std::string>{"nancy"}, std::move(react));
  }

  // Rows of a query with one text column.
  std::vector<std::string> Texts(const std::string& sql) {
    const std::unique_ptr<storage::Database> database = *storage::Database::Open(url_);
    const std::unique_ptr<storage::Connection> connection =
        *database->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const absl::StatusOr<storage::Result> rows = connection->Query(sql);
    connection->Rollback();
    EXPECT_EQ(rows.status(), absl::OkStatus());
    std::vector<std::string> texts;
    for (const storage::Row& row : rows->rows) texts.push_back(std::get<std::string>(row[0]));
    return texts;
  }
  std::vector<std::string> Seen() { return Texts("SELECT title FROM seen ORDER BY place"); }
  std::vector<std::string> Parked() {
    return Texts("SELECT subject || ' ' || reason FROM parked_events ORDER BY number");
  }

  testing::World world_;
  const std::string url_;
};

INSTANTIATE_TEST_SUITE_P(Engines, FollowerTest, testing::BothEngines(), testing::EngineName);

TEST_P(FollowerTest, AppliesEachOnceInOrderAndGoesOnFromItsCursor) {
  Append({"a", "b", "c", "a:2", "d"});
  std::unique_ptr<Replica> replica = Follow();
  replica->WaitFor(5);
  replica = nullptr;
  EXPECT_EQ(Seen(), (std::vector<std::string>{"a", "b", "c", "a:2", "d"}));
  Append({"e", "f"});
  replica = Follow();
  replica->WaitFor(7);
  replica = nullptr;
  EXPECT_EQ(Seen(), (std::vector<std::string>{"a", "b", "c", "a:2", "d", "e", "f"}));
  EXPECT_EQ(Parked(), std::vector<std::string>{});
  EXPECT_EQ(Texts("SELECT resource FROM audit_records").size(), 7u);
}

// More than a page of the stream.
TEST_P(FollowerTest, AppliesALongLog) {
  std::vector<std::string> titles;
  for (int i = 0; i < 2 * storage::kEventsPerPage + 7; ++i) titles.push_back(absl::StrCat("c", i));
  Append(titles);
  std::unique_ptr<Replica> replica = Follow();
  replica->WaitFor(static_cast<int64_t>(titles.size()));
  replica = nullptr;
  EXPECT_EQ(Seen(), titles);
}

TEST_P(FollowerTest, ParksWhatCannotBeAppliedAndWhatFollowsIt) {
  Append({"good", "bad", "bad:after", "other", "good:2", "bad:last"});
  std::atomic<int> attempts = 0;
  std::unique_ptr<Replica> replica = Follow([&](const CohortOpened& event) -> absl::Status {
    if (event.title() != "bad") return absl::OkStatus();
    ++attempts;
    return Internal("no such programme");
  });
  replica->WaitFor(6);
  replica = nullptr;
  EXPECT_EQ(attempts, FollowedLog::kAttemptsMax);
  EXPECT_EQ(Seen(), (std::vector<std::string>{"good", "other", "good:2"}));
  EXPECT_EQ(Parked(), (std::vector<std::string>{
                          "schools/nancy/cohorts/bad no such programme",
                          "schools/nancy/cohorts/bad an earlier event of its subject is parked",
                          "schools/nancy/cohorts/bad an earlier event of its subject is parked"}));
}

TEST_P(FollowerTest, ParksWhatItDoesNotKnow) {
  Append({"a"});
  AppendUnknown("b");
  Append({"b", "c"});
  std::unique_ptr<Replica> replica = Follow();
  replica->WaitFor(4);
  replica = nullptr;
  EXPECT_EQ(Seen(), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(Parked(), (std::vector<std::string>{
                          "schools/nancy/cohorts/b this binary does not know the event's type",
                          "schools/nancy/cohorts/b an earlier event of its subject is parked"}));
}

// The cause is mended between the tries: what waited is applied in its order, and each once.
TEST_P(FollowerTest, RetriesWhatIsParkedInOrder) {
  Append({"bad", "bad:2", "other", "worse", "bad:3", "worse:2"});
  std::atomic<bool> bad_mended = false, worse_mended = false;
  std::unique_ptr<Replica> replica = Follow([&](const CohortOpened& event) -> absl::Status {
    const bool bad = event.title() == "bad" && !bad_mended,
               worse = event.title() == "worse:2" && !worse_mended;
    return bad || worse || (event.title() == "worse" && !worse_mended)
               ? Internal("no such programme")
               : absl::OkStatus();
  });
  replica->WaitFor(6);
  EXPECT_EQ(Seen(), std::vector<std::string>{"other"});

  auto retried = replica->Retry();
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 0);
  EXPECT_EQ(retried->parked_size(), 5);
  EXPECT_EQ(retried->parked(0).reason(), "no such programme");
  EXPECT_EQ(Parked().size(), 5u);

  bad_mended = true;
  retried = replica->Retry("schools/nancy/cohorts/bad");
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 3);
  EXPECT_EQ(Seen(), (std::vector<std::string>{"other", "bad", "bad:2", "bad:3"}));
  EXPECT_EQ(Parked().size(), 2u);

  worse_mended = true;
  replica = nullptr;
  Append({"worse:3", "bad:4"});  // one behind what is parked, one behind what no longer is
  replica = Follow();
  replica->WaitFor(8);
  EXPECT_EQ(Seen(), (std::vector<std::string>{"other", "bad", "bad:2", "bad:3", "bad:4"}));
  retried = replica->Retry();
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->applied(), 3);
  EXPECT_EQ(replica->Retry()->applied(), 0);
  replica = nullptr;
  EXPECT_EQ(Seen(), (std::vector<std::string>{"other", "bad", "bad:2", "bad:3", "bad:4", "worse",
                                              "worse:2", "worse:3"}));
  EXPECT_EQ(Parked(), std::vector<std::string>{});
  EXPECT_EQ(Texts("SELECT resource FROM audit_records").size(), 8u);
}

// What passes by itself is tried for ever: an outage must not fill the table of parked events.
TEST_P(FollowerTest, TriesTransientErrorsWithoutLimit) {
  Append({"a", "b", "c"});
  std::atomic<int> failures = 3 * FollowedLog::kAttemptsMax;
  const std::vector<absl::Status> passing = {Unavailable("down"), absl::AbortedError("again"),
                                             absl::ResourceExhaustedError("full"),
                                             absl::DeadlineExceededError("late")};
  std::unique_ptr<Replica> replica = Follow([&](const CohortOpened& event) -> absl::Status {
    if (event.title() != "b" || failures == 0) return absl::OkStatus();
    return passing[static_cast<size_t>(--failures) % passing.size()];
  });
  replica->WaitFor(3);
  replica = nullptr;
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Seen(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Parked(), std::vector<std::string>{});
}

TEST_P(FollowerTest, StopsWhenTheLogWasRestoredToThePast) {
  Append({"a", "b"});
  std::unique_ptr<Replica> replica = Follow();
  replica->WaitFor(2);
  EXPECT_FALSE(replica->forked());
  replica = nullptr;
  Change(url_, "UPDATE cursors SET number = 3");  // the producer came back without its third event
  Append({"another"});
  Append({"more"});
  replica = Follow();
  WaitUntil([&] { return replica->forked(); });
  replica = nullptr;
  EXPECT_EQ(Seen(), (std::vector<std::string>{"a", "b"}));
}

class ReplicasTest : public FollowerTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ReplicasTest, ::testing::Values(Engine::kPostgres),
                         testing::EngineName);

// What waits is known from the first page on, and that nothing waits as well.
TEST_P(FollowerTest, KnowsHowFarItIsBehind) {
  std::atomic<bool> holds = true;
  Append({"a", "b", "c"});
  std::unique_ptr<Replica> replica = Follow([&](const CohortOpened&) {
    return holds ? absl::UnavailableError("not yet") : absl::OkStatus();
  });
  WaitUntil([&] { return replica->lag().events == 3; });
  EXPECT_GT(replica->lag().time, absl::ZeroDuration());
  holds = false;
  replica->WaitFor(3);
  EXPECT_EQ(replica->lag().events, 0);
  EXPECT_EQ(replica->lag().time, absl::ZeroDuration());
}

// Two processes of one service follow at the same time on one database: each event has one effect.
TEST_P(ReplicasTest, TwoReplicasApplyEachOnce) {
  std::vector<std::string> titles;
  for (int i = 0; i < 400; ++i) titles.push_back(absl::StrCat("c", i % 20, ":", i));
  Append(titles);
  std::unique_ptr<Replica> first = Follow(), second = Follow();
  first->WaitFor(400);
  second->WaitFor(400);
  first = nullptr;
  second = nullptr;
  EXPECT_EQ(Seen(), titles);
  EXPECT_EQ(Parked(), std::vector<std::string>{});
  EXPECT_EQ(Texts("SELECT request_id FROM audit_records").size(), 400u);
}

}  // namespace
}  // namespace vivier::follow
