// An audit trail of tens of thousands of records and a person who was shown to more than a
// thousand: read page by page to the end, over rpcs and by `vivier audit`. On both engines.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/storage/engines/database.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"
#include "tests/support/world.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using site::v1::SearchAuditRecordsRequest;
using site::v1::SearchAuditRecordsResponse;
using site::v1::SearchPersonReadsRequest;
using site::v1::SearchPersonReadsResponse;

constexpr char kPerson[] = "schools/nancy/candidates/ada";
constexpr int kRecords = 25'000, kOfPerson = kRecords / 10, kReaders = 1300;

class AuditTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  AuditTest() : world_(GetParam()) {
    world_.Stop();
    FillTrails();
    MakeMacs(world_, "enrolment");
  }

  // Every tenth record names the person, half of them as what it changed, the others somebody else.
  void FillTrails() {
    const auto database = storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const auto connection = *(*database)->Connect(storage::Access::kWrite);
    EXPECT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    const auto execute = [&](const std::string& sql) {
      EXPECT_EQ(connection->Query(sql).status(), absl::OkStatus()) << sql;
    };
    const auto numbers = [](int last) {
      return absl::StrCat(
          " FROM (WITH RECURSIVE numbers (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 "
          "FROM numbers WHERE i < ",
          last, ") SELECT i FROM numbers) AS numbers WHERE i > 0");
    };
    const std::string now = absl::StrCat(absl::ToUnixMicros(world_.now()));
    execute("DELETE FROM heads WHERE school = 'nancy'");
    execute(absl::StrCat(
        "INSERT INTO heads (school, event_number, event_hash, audit_number, audit_hash, "
        "reading_number, reading_hash, sums, mac) VALUES ('nancy', 0, ",
        Empty(), ", ", kRecords, ", ", Empty(), ", 0, ", Empty(), ", ", Empty(), ", ", Empty(),
        ")"));
    execute(absl::StrCat(
        "INSERT INTO audit_records (school, number, hash, principal, method, resource, request_id, "
        "request_hash, reason, create_time, changes) SELECT 'nancy', i, ",
        Empty(), ", 'p', 'm', CASE WHEN i % 20 = 0 THEN '", kPerson,
        "' ELSE 'schools/nancy/candidates/ad' END, '', ", Empty(), ", '', ", now,
        ", CASE WHEN i % 20 = 10 THEN '3:candidates/ad 4:candidates/ada' ELSE "
        "'1:candidates/adam +1' END",
        numbers(kRecords), " AND i > (SELECT COUNT(*) FROM audit_records)"));
    execute(absl::StrCat(
        "INSERT INTO person_reads (school, principal, day, person, reads, first_method, "
        "first_time) SELECT 'nancy', 'org/p-' || i, ",
        absl::ToInt64Hours(world_.now() - absl::UnixEpoch()) / 24, " - i % 3, '", kPerson,
        "', 2, 'm', ", now, numbers(kReaders)));
    EXPECT_EQ(connection->Commit(), absl::OkStatus());
  }

  void StartWorld() { world_.Start(); }

  const char* Empty() const {
    return GetParam() == storage::Engine::kSqlite ? "x''" : "CAST('' AS BYTEA)";
  }

  World world_;
};

TEST_P(AuditTest, PagesReachTheEndOfTheTrail) {
  StartWorld();
  SearchAuditRecordsRequest request;
  request.set_name(kPerson);
  std::set<int64_t> numbers;
  int64_t last = kRecords + 1;
  do {
    const auto page = world_.Call<SearchAuditRecordsResponse>(request);
    ASSERT_EQ(page.status(), absl::OkStatus());
    EXPECT_LE(page->records_size(), 500);
    for (const auto& record : page->records()) {
      if (record.service() != "enrolment") continue;
      EXPECT_LT(record.number(), last);  // the newest first
      last = record.number();
      numbers.insert(record.number());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kOfPerson));
}

TEST_P(AuditTest, PagesReachTheLastWhoWasShownThePerson) {
  StartWorld();
  for (const int page_size : {0, 97}) {
    SearchPersonReadsRequest request;
    request.set_name(kPerson);
    request.set_page_size(page_size);
    std::set<std::string> principals;
    do {
      const auto page = world_.Call<SearchPersonReadsResponse>(request);
      ASSERT_EQ(page.status(), absl::OkStatus());
      for (const auto& read : page->reads())
        EXPECT_TRUE(principals.insert(read.principal()).second) << read.principal();
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(principals.size(), static_cast<size_t>(kReaders));
  }
}

TEST_P(AuditTest, ATokenIsOfItsQuestion) {
  StartWorld();
  SearchPersonReadsRequest request;
  request.set_name(kPerson);
  request.set_page_token(world_.Call<SearchPersonReadsResponse>(request)->next_page_token());
  EXPECT_NE(request.page_token(), "");
  request.set_days(7);
  EXPECT_TRUE(absl::IsInvalidArgument(world_.Call<SearchPersonReadsResponse>(request).status()));
}

INSTANTIATE_TEST_SUITE_P(Engines, AuditTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
