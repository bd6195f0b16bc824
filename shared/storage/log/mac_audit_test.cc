// What anybody but the program does to a row is found: at the next read, or by the walk over all.
#include "shared/storage/log/mac_audit.h"

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "shared/storage/log/house_tables.h"
#include "tests/support/store.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Cohort;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MacAuditTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                Cohort first = SomeCohort("ai-1"), second = SomeCohort("ai-2");
                RETURN_IF_ERROR(cohorts_.Insert(unit, first));
                RETURN_IF_ERROR(cohorts_.Insert(unit, second));
                enrolment::v1::Candidate zoe = SomeCandidate("zoe");
                Insert(unit, house::Cursors(),
                       {std::string("nancy"), std::string("access"), int64_t{7}, Bytes{"hash"}});
                return candidates_.Insert(unit, zoe);
              }),
              absl::OkStatus());
    ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(unit, kCohort));
                cohort.set_capacity(25);
                return cohorts_.Update(unit, cohort);
              }),
              absl::OkStatus());
  }

  std::vector<std::string> Breaches() {
    std::vector<std::string> breaches;
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    Transaction transaction(*connection_, "nancy", &key_);
    const auto rows =
        CheckMacs(transaction, Tables(), [&](const std::string& row, const std::string& why) {
          breaches.push_back(absl::StrCat(row, " ", why));
        });
    connection_->Rollback();
    EXPECT_TRUE(rows.ok()) << rows.status();
    EXPECT_GT(rows.value_or(0), 0);
    return breaches;
  }

  std::vector<MacTable> Tables() const {
    return MacTablesOf({&cohorts_.schema(), &candidates_.schema()});
  }

  absl::Status Read() {
    return InUnit([&](Unit& unit) { return cohorts_.Get(unit, kCohort).status(); });
  }

  std::vector<Column> ColumnsOf(const std::string& table) {
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    std::vector<Column> columns = *Columns(*connection_, table);
    connection_->Rollback();
    return columns;
  }

  static constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
};

INSTANTIATE_TEST_SUITE_P(Engines, MacAuditTest, testing::BothEngines(), testing::EngineName);

TEST_P(MacAuditTest, FindsNothingInTheTruth) {
  EXPECT_THAT(Breaches(), IsEmpty());
  EXPECT_EQ(Read(), absl::OkStatus());
}

// Each column of each table that has rows, also one of personal data.
TEST_P(MacAuditTest, FindsEveryColumn) {
  int changed = 0;
  for (const MacTable& table : Tables()) {
    if (Number(absl::StrCat("SELECT COUNT(*) FROM ", table.layout->table)) == 0) continue;
    for (const Column& column : ColumnsOf(table.layout->table)) {
      if (column.name == "school") continue;
      const std::string other = column.type == "BIGINT"         ? "987654"
                                : column.type == "TEXT"         ? "'schools/nancy/x/y'"
                                : GetParam() == Engine::kSqlite ? "X'00'"
                                                                : "'\\x00'::bytea";
      ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
      const std::string first =
          absl::StrCat("(SELECT MIN(", table.columns[1], ") FROM ", table.layout->table, ")");
      ASSERT_EQ(connection_
                    ->Query(absl::StrCat("UPDATE ", table.layout->table, " SET ", column.name,
                                         " = ", other, " WHERE ", table.columns[1], " = ", first))
                    .status(),
                absl::OkStatus())
          << table.layout->table << "." << column.name;
      Transaction transaction(*connection_, "nancy", &key_);
      int found = 0;
      ASSERT_TRUE(
          CheckMacs(transaction, Tables(), [&found](const std::string&, const std::string&) {
            ++found;
          }).ok());
      EXPECT_GT(found, 0) << table.layout->table << "." << column.name;
      connection_->Rollback();
      ++changed;
    }
  }
  EXPECT_GT(changed, 30);
}

TEST_P(MacAuditTest, ARowThatWasChangedIsNotRead) {
  Execute("UPDATE cohorts SET capacity = 24 WHERE name LIKE '%/ai-1'");
  EXPECT_EQ(ReasonOf(Read()), "ROW_CHANGED");
  EXPECT_THAT(Breaches(),
              Contains(HasSubstr("cohorts/schools/nancy/cohorts/ai-1 was not written")));
  Execute("UPDATE cursors SET number = 6");
  EXPECT_EQ(ReasonOf(InTransaction([](Transaction& transaction) {
              return house::Cursors().Select(transaction, "producer = 'access'", {}).status();
            })),
            "ROW_CHANGED");
}

TEST_P(MacAuditTest, FindsADeletedADoubledAndAnOldRow) {
  Execute("CREATE TABLE kept AS SELECT * FROM cohorts");
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(unit, kCohort));
              cohort.set_capacity(26);
              return cohorts_.Update(unit, cohort);
            }),
            absl::OkStatus());
  Execute("CREATE TABLE later AS SELECT * FROM cohorts");
  Execute("DELETE FROM cohorts WHERE name LIKE '%/ai-1'");
  EXPECT_THAT(Breaches(), Contains("cohorts has 1 rows, 2 were written"));
  Execute("INSERT INTO cohorts SELECT * FROM kept WHERE name LIKE '%/ai-1'");
  EXPECT_EQ(Read(), absl::OkStatus()) << "once the program wrote it";
  EXPECT_THAT(Breaches(), Contains("cohorts has other rows than the 2 that were written"));
  Execute("DELETE FROM cohorts");
  Execute("INSERT INTO cohorts SELECT * FROM later");
  EXPECT_THAT(Breaches(), IsEmpty());
  Execute("UPDATE later SET name = 'schools/nancy/cohorts/ai-3' WHERE name LIKE '%/ai-1'");
  Execute("INSERT INTO cohorts SELECT * FROM later WHERE name LIKE '%/ai-3'");
  EXPECT_THAT(Breaches(), Contains("cohorts has 3 rows, 2 were written"));
  EXPECT_THAT(Breaches(), Contains(HasSubstr("cohorts/ai-3 was not written by the program")));
}

// Nobody writes on top of it: what was changed would look like the program's own.
TEST_P(MacAuditTest, AHeadThatWasChangedStopsTheWriter) {
  for (const char* column : {"sums", "mac", "audit_hash"}) {
    ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
    ASSERT_EQ(
        connection_
            ->Query(absl::StrCat("UPDATE heads SET ", column, " = $1"), {Value(Bytes{"another"})})
            .status(),
        absl::OkStatus());
    Transaction transaction(*connection_, "nancy", &key_);
    EXPECT_FALSE(transaction.LockHead().ok()) << column;
    connection_->Rollback();
  }
}

// SQLite alone stores it; no reading of the table gets past it, and the others are read.
TEST_P(MacAuditTest, NamesAValueOfAnotherType) {
  if (GetParam() == Engine::kPostgres) {
    ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
    EXPECT_FALSE(connection_->Query("UPDATE cohorts SET capacity = 'many'").ok());
    connection_->Rollback();
    return;
  }
  Execute("UPDATE cohorts SET capacity = 'many' WHERE name LIKE '%/ai-2'");
  Execute("UPDATE cursors SET number = 6");
  EXPECT_THAT(Breaches(),
              ::testing::ElementsAre(
                  HasSubstr("cohorts/schools/nancy/cohorts/ai-2 capacity holds no BIGINT"),
                  HasSubstr("cursors/access was not written")));
}

TEST_P(MacAuditTest, ASchoolWithRowsAndWithoutAHeadIsRefused) {
  const auto check = [this](const std::string& school) {
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    Transaction transaction(*connection_, school, &key_);
    const absl::Status status = CheckHasHead(transaction, Tables());
    connection_->Rollback();
    return status;
  };
  EXPECT_EQ(check("nancy"), absl::OkStatus());
  EXPECT_EQ(check("metz"), absl::OkStatus()) << "it has begun nothing";
  Execute("DELETE FROM heads");
  EXPECT_EQ(ReasonOf(check("nancy")), "ROW_CHANGED");
  EXPECT_EQ(check("metz"), absl::OkStatus());
}

// A row that is gone behind the program's back is not counted out by what the program does later.
TEST_P(MacAuditTest, ALaterWriteHidesNothing) {
  Execute("DELETE FROM cohorts WHERE name LIKE '%/ai-2'");
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              Cohort again = SomeCohort("ai-2");
              return cohorts_.Insert(unit, again);
            }),
            absl::OkStatus());
  EXPECT_THAT(Breaches(), Contains("cohorts has 2 rows, 3 were written"));
}

}  // namespace
}  // namespace vivier::storage
