// Who has the school's key can write a chain anew so that it holds in itself; an anchor tells.
#include "shared/storage/log/anchor.h"

#include "gmock/gmock.h"
#include "tests/support/store.h"

namespace vivier::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AnchorTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    for (const char* id : {"ai-1", "ai-2", "ai-3"})
      ASSERT_EQ(InUnit([&](Unit& unit) {
                  enrolment::v1::Cohort cohort = SomeCohort(id);
                  return cohorts_.Insert(unit, cohort);
                }),
                absl::OkStatus());
  }

  Anchor Now() {
    Anchor anchor;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) {
                anchor = AnchorOf("nancy", "enrolment", transaction.head());
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return anchor;
  }

  std::vector<std::string> Breaches(const Anchor& anchor) {
    std::vector<std::string> breaches;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) {
                return CheckAnchor(transaction, anchor,
                                   [&](const std::string& row, const std::string& why) {
                                     breaches.push_back(absl::StrCat(row, " ", why));
                                   });
              }),
              absl::OkStatus());
    return breaches;
  }

  // Another principal has done the second act, and all after it follows.
  void WriteAnew() {
    ASSERT_EQ(
        InTransaction([](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(
              const Result found,
              transaction.connection().Query(
                  "SELECT number, principal, method, resource, request_id, request_hash, reason, "
                  "create_time FROM audit_records ORDER BY number"));
          RETURN_IF_ERROR(transaction.connection().Send("DELETE FROM audit_records", {}));
          transaction.head().audit_number = 0;
          transaction.head().audit_hash.clear();
          for (const Row& row : found.rows) {
            const int64_t number = std::get<int64_t>(row[0]);
            const Origin origin = {number == 2 ? "somebody else" : std::get<std::string>(row[1]),
                                   std::get<std::string>(row[2]),
                                   std::get<std::string>(row[3]),
                                   std::get<std::string>(row[4]),
                                   std::get<Bytes>(row[5]).data,
                                   "",
                                   std::get<std::string>(row[6])};
            RETURN_IF_ERROR(
                AppendRecord(transaction, origin, absl::FromUnixMicros(std::get<int64_t>(row[7]))));
          }
          return absl::OkStatus();
        }),
        absl::OkStatus());
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnchorTest, testing::BothEngines(), testing::EngineName);

TEST_P(AnchorTest, HoldsWhateverComesLater) {
  const Anchor anchor = Now();
  EXPECT_EQ(anchor.act.number, 3);
  EXPECT_THAT(Breaches(anchor), IsEmpty());
  ASSERT_EQ(InUnit([&](Unit& unit) {
              enrolment::v1::Cohort cohort = SomeCohort("ai-4");
              return cohorts_.Insert(unit, cohort);
            }),
            absl::OkStatus());
  EXPECT_THAT(Breaches(anchor), IsEmpty());
}

TEST_P(AnchorTest, TellsAChainThatWasWrittenAnewWithTheKey) {
  const Anchor before = Now();
  Execute(GetParam() == Engine::kSqlite ? "DROP TRIGGER audit_records_no_delete"
                                        : "DROP TRIGGER audit_records_no_change ON audit_records");
  WriteAnew();
  EXPECT_THAT(Breaches(Now()), IsEmpty()) << "it does not hold in itself";
  EXPECT_THAT(Breaches(before),
              ElementsAre(HasSubstr("audit_records/3 was anchored with another")));
}

TEST_P(AnchorTest, TellsAChainThatWasCut) {
  Anchor later = Now();
  later.act.number = 4;
  EXPECT_THAT(Breaches(later),
              ElementsAre(HasSubstr("audit_records/4 was anchored, and the chain")));
}

// The service's own log keeps where its trails stood: who follows the log has its hash.
TEST_P(AnchorTest, TellsATrailThatIsNotWhatItsLogAnchored) {
  ASSERT_EQ(InTransaction([](Transaction& transaction) { return AnchorTrails(transaction, kNow); }),
            absl::OkStatus());
  const auto anchored = [this] {
    std::vector<std::string> breaches;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
                const MacBreach breach = [&](const std::string& row, const std::string& why) {
                  breaches.push_back(absl::StrCat(row, " ", why));
                };
                EXPECT_EQ(CheckAnchoredTrails(transaction, breach).value_or(0), 1);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return breaches;
  };
  EXPECT_THAT(anchored(), IsEmpty());
  Execute(GetParam() == Engine::kSqlite ? "DROP TRIGGER audit_records_no_delete"
                                        : "DROP TRIGGER audit_records_no_change ON audit_records");
  WriteAnew();
  EXPECT_THAT(anchored(), ElementsAre(HasSubstr("audit_records/3 was anchored with another")));
  Execute("DELETE FROM audit_records WHERE number = 3");
  EXPECT_THAT(anchored(), ElementsAre(HasSubstr("audit_records/3 was anchored, and the chain")));
}

TEST(AnchorText, IsReadBack) {
  const std::string hash(64, 'a');
  for (const std::string& text : {"nancy enrolment 17 " + hash + " 20 " + hash + " 5 " + hash,
                                  "nancy funding 0 - 1 " + hash + " 0 -"})
    EXPECT_EQ(AnchorText(*ReadAnchor(text)), text);
  for (const std::string& text :
       {std::string(), std::string("nancy"), "nancy enrolment 17 - 20 " + hash + " 0 -",
        "nancy enrolment x " + hash + " 20 " + hash + " 0 -",
        "nancy enrolment 17 " + hash + " 20 aa 0 -", "nancy enrolment 17 " + hash + " 20 " + hash})
    EXPECT_EQ(ReasonOf(ReadAnchor(text).status()), "INVALID_FIELD") << text;
}

}  // namespace
}  // namespace vivier::storage
