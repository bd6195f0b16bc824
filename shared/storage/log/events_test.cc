// The log: numbers without gaps, a chain of hashes, forks that are noticed, payloads that die with
// their person's key.
#include "shared/storage/log/events.h"

#include "tests/support/store.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::ApplicationSubmitted;
using enrolment::v1::CohortOpened;
using log::v1::LoggedEvent;

class EventsTest : public StoreTest {
 protected:
  absl::Status Open(const std::string& id) {
    return InUnit([&](Unit& unit) {
      CohortOpened event;
      event.set_cohort("schools/nancy/cohorts/" + id);
      event.set_title(id);
      return unit.Emit(event);
    });
  }

  absl::Status Submit(const std::string& candidate) {
    return InUnit([&](Unit& unit) {
      ApplicationSubmitted event;
      event.set_application("schools/nancy/cohorts/ai-1/applications/" + candidate);
      event.set_candidate("schools/nancy/candidates/" + candidate);
      event.mutable_classes()->set_region_code("44");
      return unit.Emit(event);
    });
  }

  absl::StatusOr<std::vector<LoggedEvent>> Read(int64_t after) {
    std::vector<LoggedEvent> events;
    RETURN_IF_ERROR(InTransaction([&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(events, ReadEvents(transaction, after));
      return absl::OkStatus();
    }));
    return events;
  }

  std::string Position(int64_t number, const std::string& hash) {
    return ReasonOf(InTransaction(
        [&](Transaction& transaction) { return CheckPosition(transaction, number, hash); }));
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, EventsTest, testing::BothEngines(), testing::EngineName);

// Requests that fail, in the handler or in the database, use up no number.
TEST_P(EventsTest, NumbersHaveNoGaps) {
  ASSERT_EQ(Open("ai-1"), absl::OkStatus());
  EXPECT_FALSE(InUnit([&](Unit& unit) -> absl::Status {
                 EXPECT_EQ(unit.Emit(CohortOpened()), absl::OkStatus());
                 return Internal("the handler says no");
               }).ok());
  EXPECT_FALSE(InUnit([&](Unit& unit) -> absl::Status {
                 EXPECT_EQ(unit.Emit(CohortOpened()), absl::OkStatus());
                 unit.Later([](Transaction& transaction) {
                   return transaction.connection().Send(
                       "INSERT INTO cohorts (school) VALUES ('nancy')", {});
                 });
                 return absl::OkStatus();
               }).ok());
  ASSERT_EQ(Open("ai-2"), absl::OkStatus());
  const absl::StatusOr<std::vector<LoggedEvent>> events = Read(0);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].number(), 1);
  EXPECT_EQ((*events)[1].number(), 2);
  EXPECT_EQ((*events)[1].subject(), "schools/nancy/cohorts/ai-2");
  CohortOpened opened;
  EXPECT_EQ((*events)[1].payload().type_url(),
            "type.googleapis.com/vivier.enrolment.v1.CohortOpened");
  ASSERT_TRUE(opened.ParseFromString((*events)[1].payload().value()));
  EXPECT_EQ(opened.title(), "ai-2");
  EXPECT_EQ(Read(1)->size(), 1u);
  EXPECT_EQ(Read(2)->size(), 0u);
}

TEST_P(EventsTest, APageIsBoundedAndTheNextContinues) {
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              for (int i = 0; i < kEventsPerPage + 3; ++i)
                RETURN_IF_ERROR(unit.Emit(CohortOpened()));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Read(0)->size(), static_cast<size_t>(kEventsPerPage));
  const absl::StatusOr<std::vector<LoggedEvent>> rest = Read(kEventsPerPage);
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->size(), 3u);
  EXPECT_EQ(rest->back().number(), kEventsPerPage + 3);
}

TEST_P(EventsTest, EachHashFollowsFromTheOneBefore) {
  for (const char* id : {"ai-1", "ai-2", "ai-3"}) ASSERT_EQ(Open(id), absl::OkStatus());
  ASSERT_EQ(Submit("zoe"), absl::OkStatus());
  ASSERT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  const absl::StatusOr<Result> rows = connection_->Query(
      "SELECT number, type, subject, person, payload, create_time, hash, traceparent FROM events "
      "ORDER BY number");
  connection_->Rollback();
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 4u);
  std::string previous;
  for (const Row& row : rows->rows) {
    const StoredEvent stored = {std::get<int64_t>(row[0]),     std::get<std::string>(row[1]),
                                std::get<std::string>(row[2]), std::get<std::string>(row[3]),
                                std::get<Bytes>(row[4]).data,  std::get<int64_t>(row[5]),
                                std::get<std::string>(row[7])};
    EXPECT_EQ(std::get<Bytes>(row[6]).data, EventHash(previous, stored));
    previous = std::get<Bytes>(row[6]).data;
  }
}

TEST(EventHashTest, CoversEveryField) {
  const StoredEvent event = {7, "type", "subject", "person", "payload", 42, "trace"};
  const std::string hash = EventHash("before", event);
  std::vector<StoredEvent> others(7, event);
  others[0].number = 8;
  others[1].type = "typesubject";
  others[1].subject = "";
  others[2].subject = "subjec";
  others[2].person = "tperson";
  others[3].person = "";
  others[4].payload = "payloae";
  others[5].create_time = 43;
  others[6].traceparent = "";
  for (const StoredEvent& other : others) EXPECT_NE(EventHash("before", other), hash);
  EXPECT_NE(EventHash("", event), hash);
  EXPECT_EQ(EventHash("before", event), hash);
}

TEST_P(EventsTest, APositionOfAnotherLogIsAFork) {
  ASSERT_EQ(Open("ai-1"), absl::OkStatus());
  const std::string hash = (*Read(0))[0].hash();
  EXPECT_EQ(Position(0, ""), "");
  EXPECT_EQ(Position(0, "whatever"), "");  // nobody who has seen nothing has seen another log
  EXPECT_EQ(Position(1, hash), "");
  EXPECT_EQ(Position(1, hash + "x"), "LOG_FORKED");
  EXPECT_EQ(Position(1, ""), "LOG_FORKED");
  EXPECT_EQ(Position(2, hash), "LOG_FORKED");  // the log was restored to before event 2
}

TEST_P(EventsTest, AnErasedPersonsPayloadIsEmptyAndTheChainHolds) {
  ASSERT_EQ(Submit("zoe"), absl::OkStatus());
  ASSERT_EQ(Submit("lou"), absl::OkStatus());
  ApplicationSubmitted submitted;
  ASSERT_TRUE(submitted.ParseFromString((*Read(0))[0].payload().value()));
  EXPECT_EQ(submitted.classes().region_code(), "44");
  const std::string hash = (*Read(0))[1].hash();
  Execute("DELETE FROM person_keys WHERE person = 'schools/nancy/candidates/zoe'");
  const absl::StatusOr<std::vector<LoggedEvent>> events = Read(0);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ((*events)[0].payload().value(), "");
  EXPECT_EQ((*events)[0].subject(), "schools/nancy/cohorts/ai-1/applications/zoe");
  EXPECT_NE((*events)[1].payload().value(), "");
  EXPECT_EQ((*events)[1].hash(), hash);
}

TEST_P(EventsTest, PersonalDataIsSealedInTheLog) {
  ASSERT_EQ(Submit("zoe"), absl::OkStatus());
  ASSERT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  const absl::StatusOr<Result> stored = connection_->Query("SELECT payload FROM events");
  connection_->Rollback();
  ASSERT_TRUE(stored.ok()) << stored.status();
  ApplicationSubmitted open;
  EXPECT_FALSE(open.ParseFromString(std::get<Bytes>(stored->rows[0][0]).data) &&
               open.classes().region_code() == "44");
}

// The log is history: the database itself refuses to change it.
TEST_P(EventsTest, TheLogIsAppendOnly) {
  ASSERT_EQ(Open("ai-1"), absl::OkStatus());
  for (const char* sql :
       {"UPDATE events SET subject = 'x'", "DELETE FROM events", "DELETE FROM audit_records"}) {
    ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
    EXPECT_EQ(connection_->Query(sql).status().code(), absl::StatusCode::kFailedPrecondition)
        << sql;
    connection_->Rollback();
  }
}

}  // namespace
}  // namespace vivier::storage
