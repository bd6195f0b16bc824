#include "tests/support/macs.h"

#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/base/status.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/log/unit.h"

namespace vivier::testing {
namespace {

using storage::Bytes;
using storage::MacTable;
using storage::Row;
using storage::Transaction;
using storage::Value;

constexpr int kPage = 500;

// "UPDATE t SET mac = $3 WHERE school = $1 AND name = $2"
std::string UpdateOf(const MacTable& table) {
  std::vector<std::string> key;
  for (size_t i = 0; i < table.keys; ++i)
    key.push_back(absl::StrCat(table.columns[i], " = $", i + 1));
  return absl::StrCat("UPDATE ", table.layout->table, " SET mac = $", table.keys + 1, " WHERE ",
                      absl::StrJoin(key, " AND "));
}

// What keeps the rows of an append-only table as they are, gone while `change` runs.
absl::Status WithoutGuard(storage::Connection& connection, const std::string& table,
                          const std::function<absl::Status()>& change) {
  const bool is_sqlite = connection.engine() == storage::Engine::kSqlite;
  const std::string guard = absl::StrCat(table, is_sqlite ? "_no_update" : "_no_change");
  ASSIGN_OR_RETURN(
      const storage::Result found,
      connection.Query(is_sqlite ? "SELECT sql FROM sqlite_schema WHERE name = $1"
                                 : "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = "
                                   "to_regclass($2) AND tgname = $1",
                       is_sqlite ? std::vector<Value>{guard} : std::vector<Value>{guard, table}));
  if (found.rows.empty()) return change();
  RETURN_IF_ERROR(connection.Send(
      absl::StrCat("DROP TRIGGER ", guard, is_sqlite ? "" : absl::StrCat(" ON ", table)), {}));
  RETURN_IF_ERROR(change());
  return connection.Send(std::get<std::string>(found.rows[0][0]), {});
}

absl::Status MakeMacsOf(Transaction& transaction, const MacTable& table) {
  const std::string update = UpdateOf(table);
  const auto keys = static_cast<std::ptrdiff_t>(table.keys);
  std::vector<Value> after = {Value(transaction.school())};
  while (true) {
    ASSIGN_OR_RETURN(
        const storage::Result page,
        transaction.connection().Query(storage::PageOf(table, kPage, after.size() == 1), after));
    for (const Row& row : page.rows) {
      const auto values = absl::MakeConstSpan(row).first(table.columns.size());
      std::vector<Value> parameters(row.begin(), row.begin() + keys);
      parameters.push_back(
          Bytes{storage::MacOfRow(transaction.row_keys()->front(), *table.layout, values)});
      transaction.Counted(table.layout->table, nullptr, &parameters.back());
      if (parameters.back() != row.back())
        RETURN_IF_ERROR(transaction.connection().Send(update, parameters, 1));
    }
    if (page.rows.size() < kPage) return absl::OkStatus();
    after.assign(page.rows.back().begin(), page.rows.back().begin() + keys);
  }
}

// A head row that somebody changed is not believed; one of a school that has begun nothing is.
absl::Status LockWhateverHead(Transaction& transaction) {
  storage::Connection& connection = transaction.connection();
  const Value school = transaction.school();
  RETURN_IF_ERROR(connection.Send("UPDATE heads SET school = school WHERE school = $1", {school}));
  ASSIGN_OR_RETURN(const storage::Result found,
                   connection.Query("SELECT event_number, event_hash, audit_number, audit_hash, "
                                    "reading_number, reading_hash FROM heads WHERE school = $1",
                                    {school}));
  RETURN_IF_ERROR(
      connection.Send("UPDATE heads SET event_number = 0, event_hash = $2, audit_number = 0, "
                      "audit_hash = $2, reading_number = 0, reading_hash = $2, sums = $2, "
                      "mac = $2 WHERE school = $1",
                      {school, Value(Bytes{})}));
  RETURN_IF_ERROR(transaction.LockHead());
  if (found.rows.empty()) return absl::OkStatus();
  const Row& row = found.rows[0];
  storage::Head& head = transaction.head();
  head.event_number = std::get<int64_t>(row[0]);
  head.event_hash = std::get<Bytes>(row[1]).data;
  head.audit_number = std::get<int64_t>(row[2]);
  head.audit_hash = std::get<Bytes>(row[3]).data;
  head.reading_number = std::get<int64_t>(row[4]);
  head.reading_hash = std::get<Bytes>(row[5]).data;
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeMacs(storage::Connection& connection,
                      absl::Span<const storage::Schema* const> schemas, const std::string& school,
                      const security::SchoolKey& key, const std::string& change) {
  RETURN_IF_ERROR(connection.Begin(storage::Access::kWrite));
  Transaction transaction(connection, school, &key);
  const auto make = [&]() -> absl::Status {
    RETURN_IF_ERROR(LockWhateverHead(transaction));
    if (!change.empty()) RETURN_IF_ERROR(connection.Send(change, {}));
    for (const MacTable& table : storage::MacTablesOf(schemas))
      RETURN_IF_ERROR(WithoutGuard(connection, table.layout->table,
                                   [&] { return MakeMacsOf(transaction, table); }));
    return transaction.StoreHead();
  };
  const absl::Status made = make();
  if (made.ok()) return connection.Commit();
  connection.Rollback();
  return made;
}

void MakeMacs(const std::string& url, const std::string& service, const std::string& data,
              const std::string& change) {
  const auto key = security::SchoolKey::Load(data + "/keys/school.key");
  ASSERT_EQ(key.status(), absl::OkStatus());
  const auto database = *storage::Database::Open(url);
  const auto connection = *database->Connect(storage::Access::kWrite);
  for (const site::Module& module : AllModules()) {
    if (module.service.name() != service) continue;
    EXPECT_EQ(MakeMacs(*connection, module.service.schemas(), World::kSchool, *key, change),
              absl::OkStatus());
  }
}

void MakeMacs(World& world, const std::string& service) {
  MakeMacs(world.DatabaseUrl(service), service, world.data());
}

}  // namespace vivier::testing
