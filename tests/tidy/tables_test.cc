// The guard of tables finds what is planted.
#include "tests/tidy/tables.h"

#include "gtest/gtest.h"

namespace vivier::tidy {
namespace {

const Tree kKept = {
    {"protos/vivier/funding/v1/resources.proto",
     "message SeatUse {\n  option (google.api.resource) = {\n    plural: \"seatUses\"\n  };\n}\n"
     "message Invoice {\n  option (google.api.resource) = {\n    plural: \"invoices\"\n  };\n}\n"},
    {"services/funding/schema/001_a.sql",
     "CREATE TABLE seat_uses (\n);\nCREATE TABLE invoices (\n);\n"},
    {"services/funding/seats/seats.h", "storage::Table<v1::SeatUse> uses_;\n"},
    {"services/funding/seats/seats.cc",
     "\"WITH sums(seat) AS (SELECT seat FROM seat_uses) SELECT seat FROM sums\"\n"},
    {"services/funding/invoices/invoices.h", "storage::Table<v1::Invoice> invoices_;\n"},
    {"services/funding/invoices/invoices_test.cc", "storage::Table<v1::SeatUse> uses;\n"},
};

std::string With(const std::string& path, const std::string& text) {
  Tree tree = kKept;
  tree[path] = text;
  return Text(CheckTables(tree));
}

TEST(Tables, FindNothingWhereEachHasItsPart) { EXPECT_EQ(Text(CheckTables(kKept)), ""); }

TEST(Tables, FindNothingInTheJoinsOfAService) {
  const std::string join = "\"SELECT 1 FROM invoices JOIN seat_uses ON 1 = 1\"\n";
  EXPECT_EQ(With("services/funding/invariants.cc", join), "");
  EXPECT_NE(With("services/funding/invoices/invariants.cc", join), "");
}

TEST(Tables, FindNothingInTheJoinsWithTheTablesOfTheHouse) {
  Tree tree = kKept;
  tree["shared/storage/schema/001_house.sql"] = "CREATE TABLE audit_records (\n";
  const std::string acts =
      "\"SELECT 1 FROM invoices WHERE a IS DISTINCT FROM b\", "
      "\"EXCEPT SELECT 1 FROM audit_records\"\n";
  tree["services/funding/invariants.cc"] = acts;
  EXPECT_EQ(Text(CheckTables(tree)), "");
  tree["services/funding/invoices/invoices.cc"] = acts;
  EXPECT_NE(Text(CheckTables(tree)), "");
}

TEST(Tables, FindATableOfTwoParts) {
  constexpr char kFinding[] =
      "OneTableOnePart services/funding: seat_uses: is named in services/funding/invoices, "
      "services/funding/seats\n";
  const std::string path = "services/funding/invoices/invoices.cc";
  EXPECT_EQ(With(path, "storage::Table<v1::SeatUse> uses_;\n"), kFinding);
  EXPECT_EQ(With(path, "\"SELECT 1 FROM seat_uses WHERE school = $1\"\n"), kFinding);
  EXPECT_EQ(With(path, "\"INSERT INTO seat_uses (school)\"\n"), kFinding);
  EXPECT_EQ(With(path, "\"UPDATE seat_uses SET seat = 1\"\n"), kFinding);
  EXPECT_EQ(With(path, "\"SELECT 1 FROM invoices JOIN seat_uses ON 1 = 1\"\n"), kFinding);
}

TEST(Tables, FindAForeignTable) {
  EXPECT_EQ(With("services/partners/hiring.cc", "\"SELECT 1 FROM invoices\"\n"),
            "NoForeignTable services/partners/hiring.cc: names invoices\n");
  EXPECT_EQ(With("services/funding/seats/rights.cc", "\"SELECT 1 FROM rights\"\n"),
            "NoForeignTable services/funding/seats/rights.cc: names rights\n");
}

}  // namespace
}  // namespace vivier::tidy
