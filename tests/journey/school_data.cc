#include "tests/journey/school_data.h"

#include <filesystem>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"

namespace vivier::testing {

std::string SchoolData::Url(const std::string& service) const {
  return postgres_.empty() ? absl::StrCat("sqlite:", folder_, "/db/", service, ".db")
                           : absl::StrCat("postgres:", service, ":", postgres_);
}

int64_t SchoolData::NumberIn(const std::string& service, const std::string& sql,
                             const std::vector<storage::Value>& parameters) const {
  std::string url = Url(service);
  if (postgres_.empty()) {
    const std::string copy = absl::StrCat(folder_, "/copy-", service, ".db");
    for (const char* suffix : {"", "-wal"}) {
      const std::string file = absl::StrCat(folder_, "/db/", service, ".db", suffix);
      if (std::filesystem::exists(file))
        std::filesystem::copy_file(file, copy + suffix,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    url = "sqlite:" + copy;
  }
  auto database = storage::Database::Open(url);
  EXPECT_TRUE(database.ok()) << database.status();
  auto connection = (*database)->Connect(storage::Access::kWrite);  // recovers the copied log
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
  auto result = (*connection)->Query(sql, parameters);
  EXPECT_TRUE(result.ok()) << result.status();
  (*connection)->Rollback();
  return result->rows.empty() ? 0 : std::get<int64_t>(result->rows[0][0]);
}

int64_t SchoolData::AuditRecordsBefore(absl::Time time) const {
  int64_t records = 0;
  for (const std::string& service : rpc::TradeServices())
    records += NumberIn(service, "SELECT COUNT(*) FROM audit_records WHERE create_time < $1",
                        {storage::Value(absl::ToUnixMicros(time))});
  return records;
}

void SchoolData::CopyVolume(const std::string& service) const {
  if (!postgres_.empty()) return CopySchema(service);
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = absl::StrCat(folder_, "/db/", service, ".db", suffix);
    if (std::filesystem::exists(file))
      std::filesystem::copy_file(file, absl::StrCat(folder_, "/", service, suffix));
  }
}

void SchoolData::PutVolumeBack(const std::string& service) const {
  if (!postgres_.empty())
    return RunScript(absl::StrCat("ALTER SCHEMA ", service,
                                  " RENAME TO lost; ALTER SCHEMA copied RENAME TO ", service, ";"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string file = absl::StrCat(folder_, "/db/", service, ".db", suffix);
    const std::string copy = absl::StrCat(folder_, "/", service, suffix);
    std::filesystem::remove(file);
    if (std::filesystem::exists(copy)) std::filesystem::copy_file(copy, file);
  }
}

int64_t SchoolData::LastEvent(const std::string& service) const {
  return NumberIn(service, "SELECT event_number FROM heads WHERE school = $1",
                  {storage::Value("nancy")});
}

int64_t SchoolData::Followed(const std::string& follower, const std::string& producer) const {
  return NumberIn(follower, "SELECT number FROM cursors WHERE school = $1 AND producer = $2",
                  {storage::Value("nancy"), storage::Value(producer)});
}

// Every table with its rows; nobody writes into it before it is put back.
void SchoolData::CopySchema(const std::string& service) const {
  auto database = storage::Database::Open("postgres:public:" + postgres_);
  auto connection = (*database)->Connect(storage::Access::kRead);
  ASSERT_TRUE(connection.ok()) << connection.status();
  ASSERT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
  const auto tables = (*connection)
                          ->Query(
                              "SELECT CAST(table_name AS TEXT) FROM information_schema.tables "
                              "WHERE table_schema = CAST($1 AS TEXT)",
                              {storage::Value(service)});
  (*connection)->Rollback();
  ASSERT_TRUE(tables.ok()) << tables.status();
  std::string script = "CREATE SCHEMA copied;";
  for (const storage::Row& row : tables->rows) {
    const std::string table = absl::StrCat(".", std::get<std::string>(row[0]));
    absl::StrAppend(&script, "CREATE TABLE copied", table, " (LIKE ", service, table,
                    " INCLUDING ALL); INSERT INTO copied", table, " SELECT * FROM ", service, table,
                    ";");
  }
  RunScript(script);
}

void SchoolData::RunScript(const std::string& script) const {
  auto database = storage::Database::Open("postgres:public:" + postgres_);
  auto connection = (*database)->Connect(storage::Access::kWrite);
  ASSERT_TRUE(connection.ok()) << connection.status();
  ASSERT_EQ((*connection)->Begin(storage::Access::kWrite), absl::OkStatus());
  ASSERT_EQ((*connection)->Script(script), absl::OkStatus());
  ASSERT_EQ((*connection)->Commit(), absl::OkStatus());
}

}  // namespace vivier::testing
