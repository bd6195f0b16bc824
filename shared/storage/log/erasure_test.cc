// What an erasure does to keys, rows and the log, on both engines.
#include "shared/storage/log/erasure.h"

#include "shared/storage/log/events.h"
#include "shared/storage/log/mac_audit.h"
#include "tests/support/store.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::ApplicationSubmitted;
using enrolment::v1::Candidate;
using enrolment::v1::PersonErased;

constexpr char kZoe[] = "schools/nancy/candidates/zoe";
constexpr char kLearner[] = "schools/nancy/cohorts/ai/learners/zoe";

class PersonErasureTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                Candidate zoe = SomeCandidate("zoe");
                RETURN_IF_ERROR(candidates_.Insert(unit, zoe));
                ApplicationSubmitted event;
                event.set_application("schools/nancy/cohorts/ai/applications/zoe");
                event.set_candidate(kZoe);
                event.mutable_classes()->set_region_code("44");
                return unit.Emit(event);
              }),
              absl::OkStatus());
  }

  static PersonErased Event() {
    PersonErased event;
    event.set_candidate(kZoe);
    event.add_persons(kZoe);
    event.add_persons(kLearner);
    return event;
  }

  absl::Status Erase() {
    return InUnit([](Unit& unit) { return unit.Emit(Event()); });
  }

  absl::Status Follow(const std::string& follower, int64_t number) {
    return InTransaction([&](Transaction& transaction) {
      return StoreFollower(transaction, follower, number, kNow);
    });
  }

  // What the log serves of event 1.
  std::string Payload() {
    std::string payload;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
                ASSIGN_OR_RETURN(auto events, ReadEvents(transaction, 0));
                payload = events.at(0).payload().value();
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return payload;
  }

  std::string GivenName() {
    std::string name;
    EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                ASSIGN_OR_RETURN(Candidate zoe, candidates_.Get(unit, kZoe));
                name = zoe.given_name();
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return name;
  }

  // The first row that is not as the program wrote it.
  std::string OddRows() {
    std::string odd;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) {
                return CheckMacs(transaction, MacTablesOf({&candidates_.schema()}),
                                 [&odd](const std::string& row, const std::string& why) {
                                   if (odd.empty()) odd = absl::StrCat(row, " ", why);
                                 })
                    .status();
              }),
              absl::OkStatus());
    return odd;
  }

  int64_t Keys() { return Number("SELECT COUNT(*) FROM person_keys WHERE LENGTH(wrapped) > 0"); }
};

TEST_P(PersonErasureTest, DestroysAtOnceWhereNobodyFollows) {
  EXPECT_EQ(Keys(), 2) << "of the person and of proof";
  ASSERT_EQ(Erase(), absl::OkStatus());
  EXPECT_EQ(Keys(), 0) << "the event keeps no proof";
  EXPECT_EQ(GivenName(), "");
  EXPECT_EQ(Payload(), "");
  EXPECT_EQ(Number("SELECT COUNT(*) FROM erasures WHERE erase_time IS NOT NULL"), 1);
}

TEST_P(PersonErasureTest, KeepsTheKeyForTheLogUntilTheLastFollowerIsBehindIt) {
  ASSERT_EQ(Follow("funding", 1), absl::OkStatus());
  ASSERT_EQ(Follow("statistics", 0), absl::OkStatus());
  ASSERT_EQ(Erase(), absl::OkStatus());
  EXPECT_EQ(GivenName(), "") << "nobody else reads it";
  EXPECT_NE(Payload(), "");
  ASSERT_EQ(Follow("funding", 2), absl::OkStatus());
  EXPECT_NE(Payload(), "") << "statistics has not applied it";
  EXPECT_EQ(Keys(), 2);
  ASSERT_EQ(Follow("statistics", 2), absl::OkStatus());
  EXPECT_EQ(Payload(), "");
  EXPECT_EQ(Keys(), 0);
}

// An older row of the table, whose MAC is good, brings no key back: it is found at a start and
// erased again. One that the log still needs is retired alone.
TEST_P(PersonErasureTest, FindsAKeyThatWasPutBack) {
  const auto revived = [&] {
    std::vector<std::string> names;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
                ASSIGN_OR_RETURN(const auto keys, RevivedKeys(transaction));
                for (const RevivedKey& key : keys) names.push_back(key.name);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return names;
  };
  const auto erase_again = [&] {
    EXPECT_EQ(InTransaction([](Transaction& transaction) {
                return EraseRevived(transaction, kNow + absl::Hours(1));
              }),
              absl::OkStatus());
    EXPECT_EQ(OddRows(), "") << "the sum knows what was erased, and not what was put back";
  };
  const std::vector<std::string> none, zoe = {kZoe, ProofOf(kZoe)};
  Execute("CREATE TABLE old_keys AS SELECT * FROM person_keys");
  const std::string put_back =
      "DELETE FROM person_keys WHERE person LIKE '" + std::string(kZoe) + "%'";
  const std::string older = "INSERT INTO person_keys SELECT * FROM old_keys WHERE person LIKE '" +
                            std::string(kZoe) + "%'";
  ASSERT_EQ(Follow("statistics", 0), absl::OkStatus());
  ASSERT_EQ(Erase(), absl::OkStatus());
  EXPECT_EQ(revived(), none);
  Execute(put_back);
  Execute(older);
  EXPECT_EQ(revived(), zoe);
  EXPECT_NE(GivenName(), "") << "until it is found";
  erase_again();
  EXPECT_EQ(revived(), none);
  EXPECT_EQ(GivenName(), "");
  EXPECT_NE(Payload(), "") << "statistics has not applied it";
  ASSERT_EQ(Follow("statistics", 2), absl::OkStatus());
  EXPECT_EQ(Keys(), 0);
  Execute(put_back);
  EXPECT_EQ(revived(), zoe) << "a new key could be made for that name";
  Execute(older);
  EXPECT_EQ(revived(), zoe);
  erase_again();
  EXPECT_EQ(revived(), none);
  EXPECT_EQ(Keys(), 0);
}

// The proof key is closed with the first erasure, and gone with the second.
TEST_P(PersonErasureTest, KeepsProofUntilThatIsErasedToo) {
  ASSERT_EQ(InUnit([](Unit& unit) {
              PersonErased event = Event();
              event.add_kept()->set_kind("PRESENCE");
              return unit.Emit(event);
            }),
            absl::OkStatus());
  EXPECT_EQ(Keys(), 1);
  EXPECT_EQ(GivenName(), "");
  const std::string proof = ProofOf(kZoe);
  EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
              EXPECT_EQ(ReasonOf(transaction.keys().Of(proof, true).status()), "PERSON_ERASED");
              EXPECT_EQ(ReasonOf(transaction.keys().Of(proof, false).status()), "PERSON_ERASED");
              transaction.keys().OpenKept();
              EXPECT_EQ(ReasonOf(transaction.keys().Of(kZoe, false).status()), "PERSON_ERASED");
              Unit unit(transaction);
              ASSIGN_OR_RETURN(const Candidate zoe, candidates_.Get(unit, kZoe));
              EXPECT_EQ(zoe.given_name(), SomeCandidate("zoe").given_name());
              EXPECT_EQ(zoe.email(), "");
              return absl::OkStatus();
            }),
            absl::OkStatus());
  ASSERT_EQ(InUnit([&](Unit& unit) {
              enrolment::v1::ProofErased event;
              event.set_proof(proof);
              event.set_candidate(kZoe);
              event.add_persons(proof);
              return unit.Emit(event);
            }),
            absl::OkStatus());
  EXPECT_EQ(Keys(), 0);
  EXPECT_EQ(InTransaction([&](Transaction& transaction) {
              transaction.keys().OpenKept();
              EXPECT_EQ(ReasonOf(transaction.keys().Of(proof, true).status()), "PERSON_ERASED");
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM erasures WHERE erase_time IS NOT NULL"), 2);
}

TEST_P(PersonErasureTest, MakesNoOtherKey) {
  ASSERT_EQ(Erase(), absl::OkStatus());
  for (const char* person : {kZoe, kLearner}) {
    const absl::Status in_unit =
        InUnit([&](Unit& unit) { return unit.KeyOf(person, true).status(); });
    EXPECT_TRUE(absl::IsFailedPrecondition(in_unit)) << in_unit;
    EXPECT_EQ(ReasonOf(in_unit), "PERSON_ERASED");
    const absl::Status created = InTransaction(
        [&](Transaction& transaction) { return transaction.keys().Of(person, true).status(); });
    EXPECT_EQ(ReasonOf(created), "PERSON_ERASED") << "also for a name that had no key here";
    const absl::Status read =
        InUnit([&](Unit& unit) { return unit.KeyOf(person, false).status(); });
    EXPECT_TRUE(absl::IsNotFound(read)) << read;
    EXPECT_EQ(ReasonOf(read), "PERSON_ERASED");
  }
}

// A later request of the same batch does not find the key that an earlier one used.
TEST_P(PersonErasureTest, HoldsWithinOneBatch) {
  const absl::Status status = InTransaction([&](Transaction& transaction) -> absl::Status {
    Unit before(transaction);
    RETURN_IF_ERROR(before.KeyOf(kZoe, false).status());
    RETURN_IF_ERROR(before.Emit(Event()));
    RETURN_IF_ERROR(before.Apply({"somebody", "test", "", "", "", ""}, kNow));
    Unit after(transaction);
    EXPECT_EQ(ReasonOf(after.KeyOf(kZoe, true).status()), "PERSON_ERASED");
    return absl::OkStatus();
  });
  EXPECT_EQ(status, absl::OkStatus());
}

TEST_P(PersonErasureTest, IsTheSameTwice) {
  ASSERT_EQ(Erase(), absl::OkStatus());
  const int64_t when = Number("SELECT erase_time FROM erasures");
  const auto again = [](Transaction& transaction) {
    return ErasePersons(transaction, Event(), 0, kNow + absl::Hours(1));
  };
  ASSERT_EQ(InTransaction(again), absl::OkStatus());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM erasures"), 1);
  EXPECT_EQ(Number("SELECT erase_time FROM erasures"), when);
}

INSTANTIATE_TEST_SUITE_P(Engines, PersonErasureTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::storage
