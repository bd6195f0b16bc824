#include "shared/backup/restore.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/backup/place.h"
#include "shared/backup/tables.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/unit.h"

namespace vivier::backup {
namespace {

using storage::Access;
using storage::Bytes;
using storage::Connection;
using storage::Database;
using storage::Migration;
using storage::Value;

constexpr char kOperator[] = "service/operator";

absl::Status Unusable(absl::string_view message) {
  return Error(absl::StatusCode::kDataLoss, "BACKUP_UNUSABLE", message);
}

// The migrations that the backup's schema had; what came later is applied when the rows are in.
absl::StatusOr<std::vector<Migration>> MigrationsOf(const v1::ServiceRows& service) {
  std::vector<Migration> migrations;
  for (const v1::AppliedMigration& applied : service.migrations()) {
    const std::vector<Migration>& all = storage::AllMigrations();
    const auto known = std::find_if(all.begin(), all.end(), [&](const Migration& migration) {
      return migration.owner == applied.owner() && migration.file == applied.file();
    });
    if (known == all.end())
      return Error(
          absl::StatusCode::kFailedPrecondition, "BINARY_TOO_OLD",
          absl::StrCat("the backup has the migration ", applied.owner(), "/", applied.file(),
                       ", which this binary does not know; restore it with the one that made it"));
    migrations.push_back(*known);
  }
  return migrations;
}

absl::Status InTransaction(Connection& connection, const std::function<absl::Status()>& run) {
  RETURN_IF_ERROR(connection.Begin(Access::kWrite));
  absl::Status status = run();
  if (status.ok()) status = connection.Commit();
  if (!status.ok()) connection.Rollback();
  return status;
}

std::vector<Value> ToRow(const v1::StoredRow& stored) {
  std::vector<Value> row;
  for (const v1::StoredValue& value : stored.values()) {
    switch (value.kind_case()) {
      case v1::StoredValue::kNumber:
        row.emplace_back(int64_t{value.number()});
        break;
      case v1::StoredValue::kText:
        row.emplace_back(value.text());
        break;
      case v1::StoredValue::kData:
        row.emplace_back(Bytes{value.data()});
        break;
      case v1::StoredValue::KIND_NOT_SET:
        row.emplace_back();
        break;
    }
  }
  return row;
}

// A chunk is a transaction.
absl::Status InsertTable(Connection& connection, const v1::TableRows& table, const Store& store) {
  const std::string insert =
      InsertInto(table.table(), {table.columns().begin(), table.columns().end()});
  int64_t rows = 0;
  for (const std::string& name : table.chunks()) {
    ASSIGN_OR_RETURN(const std::string bytes, store.Get(name));
    v1::Chunk chunk;
    if (!chunk.ParseFromString(bytes)) return Unusable("a chunk is none");
    RETURN_IF_ERROR(InTransaction(connection, [&]() -> absl::Status {
      for (const v1::StoredRow& row : chunk.rows())
        RETURN_IF_ERROR(connection.Send(insert, ToRow(row)));
      return absl::OkStatus();
    }));
    rows += chunk.rows_size();
  }
  return rows == table.rows() ? absl::OkStatus()
                              : Unusable(absl::StrCat(table.table(), " has lost rows"));
}

// Who put which generation back, and why, in the audit trail of each school.
absl::Status Remember(Connection& connection, const v1::ServiceRows& service,
                      const Restoring& restoring) {
  for (const v1::LogEnd& end : service.ends()) {
    RETURN_IF_ERROR(InTransaction(connection, [&]() -> absl::Status {
      storage::Transaction transaction(connection, end.school(), restoring.key.get());
      RETURN_IF_ERROR(transaction.LockHead());
      RETURN_IF_ERROR(storage::AppendRecord(
          transaction,
          {kOperator, restoring.method, absl::StrCat("schools/", end.school()), "", "", "",
           restoring.reason},
          restoring.now));
      return transaction.StoreHead();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RestoreService(const Restoring& restoring, const v1::ServiceRows& service,
                                       const Store& store) {
  ASSIGN_OR_RETURN(const std::vector<Migration> migrations, MigrationsOf(service));
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                   Database::Open(StagingUrl(restoring.target, service.service())));
  RETURN_IF_ERROR(storage::Migrate(*database, service.service(), migrations));
  int64_t rows = 0;
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                     database->Connect(Access::kWrite));
    for (const v1::TableRows& table : service.tables()) {
      RETURN_IF_ERROR(InsertTable(*connection, table, store));
      rows += table.rows();
      RETURN_IF_ERROR(connection->Maintain(false));
    }
  }
  RETURN_IF_ERROR(storage::Migrate(*database, service.service()));
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, database->Connect(Access::kWrite));
  RETURN_IF_ERROR(Remember(*connection, service, restoring));
  RETURN_IF_ERROR(connection->Maintain(true));
  return rows;
}

std::vector<std::string> ServicesOf(const v1::Manifest& manifest) {
  std::vector<std::string> services;
  for (const v1::ServiceRows& service : manifest.services()) services.push_back(service.service());
  return services;
}

}  // namespace

absl::StatusOr<int64_t> Restore(const Restoring& restoring, const v1::Manifest& manifest,
                                const Store& store, const Alone&) {
  const std::vector<std::string> services = ServicesOf(manifest);
  ASSIGN_OR_RETURN(const bool has_data, HasData(restoring.target, services));
  if (has_data && !restoring.replace)
    return Error(absl::StatusCode::kFailedPrecondition, "TARGET_NOT_EMPTY",
                 "there is data already; --replace puts it aside, it is not deleted");
  RETURN_IF_ERROR(ClearStaging(restoring.target, services));
  int64_t rows = 0;
  for (const v1::ServiceRows& service : manifest.services()) {
    ASSIGN_OR_RETURN(const int64_t restored, RestoreService(restoring, service, store));
    rows += restored;
  }
  RETURN_IF_ERROR(Swap(restoring.target, services, restoring.now));
  return rows;
}

absl::Status CheckIsWhole(const v1::Manifest& manifest) {
  std::map<std::pair<std::string, std::string>, int64_t> ends;  // of logs, by service and school
  std::set<std::string> services;
  for (const v1::ServiceRows& service : manifest.services()) {
    services.insert(service.service());
    for (const v1::LogEnd& end : service.ends())
      ends[{service.service(), end.school()}] = end.event_number();
  }
  for (const v1::ServiceRows& service : manifest.services())
    for (const v1::CursorPosition& cursor : service.cursors())
      if (services.count(cursor.producer()) > 0 &&
          cursor.number() > ends[{cursor.producer(), cursor.school()}])
        return Error(absl::StatusCode::kFailedPrecondition, "BACKUP_UNUSABLE",
                     absl::StrCat("in this backup ", service.service(), " has applied event ",
                                  cursor.number(), " of ", cursor.producer(),
                                  ", whose log does not reach so far; take an older one"));
  return absl::OkStatus();
}

}  // namespace vivier::backup
