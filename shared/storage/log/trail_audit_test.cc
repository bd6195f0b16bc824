// The two trails: what an act and a reading leave, and whatever somebody does to them is found. On
// both engines.
#include "shared/storage/log/trail_audit.h"

#include "gmock/gmock.h"
#include "tests/support/store.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Cohort;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Check = std::function<absl::StatusOr<int64_t>(Transaction&, const MacBreach&)>;

class TrailAuditTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_EQ(InUnit([&](Unit& unit) { return MakeCohorts(unit, 0, 2); }), absl::OkStatus());
    ASSERT_EQ(Resize(0), absl::OkStatus());
    for (const char* who : {"ada", "ben", "cleo"})
      ASSERT_EQ(InTransaction([&](Transaction& transaction) {
                  return AppendRecord(
                      transaction,
                      {who, "GetCandidate", "schools/nancy/candidates/zoe", "", "hash", "", "", 1},
                      kNow);
                }),
                absl::OkStatus());
  }

  static std::string NameOf(int cohort) {
    return absl::StrCat("schools/nancy/cohorts/ai-", cohort);
  }

  absl::Status MakeCohorts(Unit& unit, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      Cohort cohort = SomeCohort(absl::StrCat("ai-", i));
      RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
    }
    return absl::OkStatus();
  }

  absl::Status Resize(int which) {
    return InUnit([&](Unit& unit) -> absl::Status {
      ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(unit, NameOf(which)));
      cohort.set_capacity(cohort.capacity() + 1);
      return cohorts_.Update(unit, cohort);
    });
  }

  std::vector<std::string> Breaches(const Check& check) {
    std::vector<std::string> breaches;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) {
                return check(transaction,
                             [&](const std::string& row, const std::string& why) {
                               breaches.push_back(absl::StrCat(row, " ", why));
                             })
                    .status();
              }),
              absl::OkStatus());
    return breaches;
  }
  std::vector<std::string> Versions() {
    return Breaches([this](Transaction& transaction, const MacBreach& breach) {
      return CheckVersions(transaction, {&cohorts_.schema(), &keys_.schema()}, breach);
    });
  }

  std::string Changes(int64_t number) {
    std::string text;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
                ASSIGN_OR_RETURN(
                    const Result found,
                    transaction.connection().Query(
                        "SELECT changes FROM audit_records WHERE number = $1", {Value(number)}));
                text = std::get<std::string>(found.rows[0][0]);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return text;
  }

  void LetActsBeChanged() {
    Execute(GetParam() == Engine::kSqlite
                ? "DROP TRIGGER audit_records_no_update"
                : "DROP TRIGGER audit_records_no_change ON audit_records");
  }

  const Table<enrolment::v1::CandidateKey> keys_;
};

INSTANTIATE_TEST_SUITE_P(Engines, TrailAuditTest, testing::BothEngines(), testing::EngineName);

TEST_P(TrailAuditTest, FindsNothingInTheTruth) {
  for (const Check& check : {Check(CheckLog), Check(CheckActs), Check(CheckReadings)})
    EXPECT_THAT(Breaches(check), IsEmpty());
  EXPECT_THAT(Versions(), IsEmpty());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM reading_records"), 3);
}

TEST_P(TrailAuditTest, AnActNamesTheRowsThatItChanged) {
  EXPECT_EQ(Changes(1), "1:cohorts/ai-0 1:cohorts/ai-1");
  EXPECT_EQ(Changes(2), "2:cohorts/ai-0");
  ASSERT_EQ(InUnit([&](Unit& unit) { return cohorts_.Delete(unit, NameOf(1)); }), absl::OkStatus());
  EXPECT_EQ(Changes(3), "0:cohorts/ai-1");
  EXPECT_THAT(Versions(), IsEmpty());
}

TEST_P(TrailAuditTest, AnActThatChangesMoreCountsTheRest) {
  ASSERT_EQ(InUnit([&](Unit& unit) { return MakeCohorts(unit, 100, 60); }), absl::OkStatus());
  EXPECT_THAT(Changes(3), HasSubstr(" 1:cohorts/ai-149 +10"));
  EXPECT_THAT(Versions(), IsEmpty());
  Execute("UPDATE cohorts SET version = 12 WHERE name LIKE '%/ai-150'");
  EXPECT_THAT(Versions(), ElementsAre(HasSubstr("or another row, was changed by no act")));
}

// Names of these say something of persons: the act tells how far the versions have moved.
TEST_P(TrailAuditTest, AnActDoesNotNameRowsWhoseNamesTell) {
  const auto key = [](const std::string& id) {
    enrolment::v1::CandidateKey key;
    key.set_name("schools/nancy/candidateKeys/" + id);
    key.set_candidate("schools/nancy/candidates/zoe");
    return key;
  };
  const auto make = [&](Unit& unit, const std::string& id) {
    enrolment::v1::CandidateKey made = key(id);
    return keys_.Insert(unit, made);
  };
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              RETURN_IF_ERROR(MakeCohorts(unit, 5, 1));
              RETURN_IF_ERROR(make(unit, "email-1"));
              return make(unit, "email-2");
            }),
            absl::OkStatus());
  EXPECT_EQ(Changes(3), "2:candidateKeys/* 1:cohorts/ai-5");
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              ASSIGN_OR_RETURN(auto one, keys_.Get(unit, key("email-1").name()));
              one.set_candidate("schools/nancy/candidates/ada");
              RETURN_IF_ERROR(keys_.Update(unit, one));
              return keys_.Delete(unit, key("email-2").name());
            }),
            absl::OkStatus());
  EXPECT_EQ(Changes(4), "0:candidateKeys/*") << "one further, one gone";
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              for (int i = 10; i < 80; ++i) RETURN_IF_ERROR(make(unit, absl::StrCat("email-", i)));
              return MakeCohorts(unit, 100, 60);
            }),
            absl::OkStatus());
  EXPECT_THAT(Changes(5), HasSubstr("70:candidateKeys/* 1:cohorts/ai-100 "));
  EXPECT_THAT(Changes(5), HasSubstr(" +10")) << "of those that have names";
  EXPECT_THAT(Versions(), IsEmpty());
  for (const char* sql : {"UPDATE candidate_keys SET version = 7 WHERE name LIKE '%/email-1'",
                          "DELETE FROM candidate_keys WHERE name LIKE '%/email-20'"}) {
    Execute(sql);
    EXPECT_THAT(Versions(), Contains(HasSubstr("nancy/candidateKeys/* the versions of all")))
        << sql;
  }
}

TEST_P(TrailAuditTest, FindsARowThatNoActLeftSo) {
  Execute("UPDATE cohorts SET version = 3 WHERE name LIKE '%/ai-0'");
  EXPECT_THAT(Versions(), ElementsAre(HasSubstr("cohorts/ai-0 was changed last by no act")));
  Execute("UPDATE cohorts SET version = 1 WHERE name LIKE '%/ai-0'");
  EXPECT_THAT(Versions(), ElementsAre(HasSubstr("cohorts/ai-0 was changed last by no act")));
  Execute(
      "UPDATE cohorts SET version = 2, name = 'schools/nancy/cohorts/ai-7' "
      "WHERE name LIKE '%/ai-0'");
  EXPECT_THAT(Versions(), ElementsAre(HasSubstr("cohorts/ai-7 was changed last by no act")));
}

TEST_P(TrailAuditTest, FindsWhateverIsDoneToActs) {
  LetActsBeChanged();
  Execute("UPDATE audit_records SET changes = '1:cohorts/ai-0' WHERE number = 1");
  EXPECT_THAT(Breaches(CheckActs), ElementsAre(HasSubstr("audit_records/1 its hash")));
}

TEST_P(TrailAuditTest, FindsWhateverIsDoneToReadings) {
  for (const char* sql :
       {"UPDATE reading_records SET principal = 'x' WHERE number = 2",
        "UPDATE reading_records SET persons = 0 WHERE number = 2",
        "UPDATE reading_records SET reason = 'x' WHERE number = 2",
        "UPDATE reading_records SET create_time = 1 WHERE number = 2",
        "DELETE FROM reading_records WHERE number = 1",
        "DELETE FROM reading_records WHERE number = 2",
        "DELETE FROM reading_records WHERE number = 3", "DELETE FROM reading_records"}) {
    ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection_->Query(sql).status(), absl::OkStatus());
    Transaction transaction(*connection_, "nancy", &key_);
    int found = 0;
    EXPECT_TRUE(CheckReadings(transaction, [&found](const std::string&, const std::string&) {
                  ++found;
                }).ok());
    EXPECT_GT(found, 0) << sql;
    connection_->Rollback();
  }
}

TEST(ChangesText, IsReadBack) {
  const RowChanges changes = {{{"schools/nancy", 2}, {"schools/nancy/cohorts/ai-1", 0}}, 17};
  const std::string text = ChangesText("nancy", changes);
  EXPECT_EQ(text, "2: 0:cohorts/ai-1 +17");
  const auto read = ReadChanges("nancy", text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(ChangesText("nancy", *read), text);
  EXPECT_EQ(read->named[0].name, "schools/nancy");
  EXPECT_EQ(ChangesText("nancy", *ReadChanges("nancy", "")), "");
  for (const char* wrong : {"cohorts/ai-1", "x:cohorts/ai-1", "+x", ":"})
    EXPECT_FALSE(ReadChanges("nancy", wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace vivier::storage
