#include "shared/backup/forks.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/backup/tables.h"
#include "shared/base/date.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

using site::v1::AuditRecord;
using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Value;

// A record of an audit trail as it is stored.
struct Stored {
  AuditRecord record;
  std::string school, hash, request_hash;
};

constexpr char kActs[] = "audit_records", kReadings[] = "reading_records";

Stored ToStored(const std::string& service, const Table& table, const Row& row) {
  Stored stored;
  stored.record.set_service(service);
  stored.record.set_reading(table.name == kReadings);
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& column = table.columns[i];
    if (column == "school") stored.school = std::get<std::string>(row[i]);
    if (column == "number") stored.record.set_number(std::get<int64_t>(row[i]));
    if (column == "hash") stored.hash = std::get<Bytes>(row[i]).data;
    if (column == "principal") stored.record.set_principal(std::get<std::string>(row[i]));
    if (column == "method") stored.record.set_method(std::get<std::string>(row[i]));
    if (column == "resource") stored.record.set_resource(std::get<std::string>(row[i]));
    if (column == "request_id") stored.record.set_request_id(std::get<std::string>(row[i]));
    if (column == "request_hash") stored.request_hash = std::get<Bytes>(row[i]).data;
    if (column == "reason") stored.record.set_reason(std::get<std::string>(row[i]));
    if (column == "create_time")
      *stored.record.mutable_create_time() =
          ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[i])));
  }
  return stored;
}

// Hands every record of the part's two trails to `take`, by school and number.
absl::Status ReadTrail(const Cut::Part& part,
                       const std::function<absl::Status(const Stored&)>& take) {
  ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(*part.connection, part.schema));
  for (const Table& table : tables) {
    if (table.name != kActs && table.name != kReadings) continue;
    RETURN_IF_ERROR(ReadRows(*part.connection, part.schema, table, [&](const Row& row) {
      return take(ToStored(part.service, table, row));
    }));
  }
  return absl::OkStatus();
}

int64_t LogEndOf(const v1::ServiceRows& producer, const std::string& school) {
  for (const v1::LogEnd& end : producer.ends())
    if (end.school() == school) return end.event_number();
  return 0;
}

absl::Status AddEffects(const Cut::Part& follower, const Cut::Part& producer, Fork& fork) {
  return ReadTrail(follower, [&](const Stored& stored) -> absl::Status {
    absl::string_view number_text = stored.record.request_id();
    int64_t number = 0;
    if (stored.school != fork.school || !absl::ConsumePrefix(&number_text, fork.producer + "/") ||
        !absl::SimpleAtoi(number_text, &number))
      return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool held,
                     HoldsLink(producer, "events", fork.school, number, stored.request_hash));
    if (!held) fork.effects.push_back(stored.record);
    return absl::OkStatus();
  });
}

using Hashes = absl::flat_hash_set<std::string>;

// A record's hash covers all before it, so it names the record among all trails.
absl::Status AddHashes(const v1::TableRows& trail, const Store& store, Hashes& hashes) {
  const int place = static_cast<int>(
      std::find(trail.columns().begin(), trail.columns().end(), "hash") - trail.columns().begin());
  for (const std::string& name : trail.chunks()) {
    ASSIGN_OR_RETURN(const std::string bytes, store.Get(name));
    v1::Chunk chunk;
    chunk.ParseFromString(bytes);  // its sum was right
    for (const v1::StoredRow& row : chunk.rows()) hashes.insert(row.values(place).data());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Fork>> FindForks(const Cut& cut) {
  std::vector<Fork> forks;
  for (const Cut::Part& follower : cut.parts()) {
    ASSIGN_OR_RETURN(const v1::ServiceRows described, Describe(follower));
    for (const v1::CursorPosition& cursor : described.cursors()) {
      const Cut::Part* producer = cut.Find(cursor.producer());
      if (producer == nullptr) continue;
      ASSIGN_OR_RETURN(const bool held, HoldsLink(*producer, "events", cursor.school(),
                                                  cursor.number(), cursor.hash()));
      if (held) continue;
      ASSIGN_OR_RETURN(const v1::ServiceRows log, Describe(*producer));
      Fork& fork = forks.emplace_back(Fork{cursor.school(),
                                           follower.service,
                                           cursor.producer(),
                                           cursor.number(),
                                           LogEndOf(log, cursor.school()),
                                           {}});
      RETURN_IF_ERROR(AddEffects(follower, *producer, fork));
    }
  }
  return forks;
}

absl::StatusOr<std::vector<AuditRecord>> RecordsBeyond(const Cut& cut, const v1::Manifest& manifest,
                                                       const Store& store) {
  Hashes kept;
  for (const v1::ServiceRows& service : manifest.services())
    for (const v1::TableRows& table : service.tables())
      if (table.table() == kActs || table.table() == kReadings)
        RETURN_IF_ERROR(AddHashes(table, store, kept));
  std::vector<AuditRecord> beyond;
  for (const Cut::Part& part : cut.parts())
    RETURN_IF_ERROR(ReadTrail(part, [&](const Stored& stored) {
      if (kept.count(stored.hash) == 0) beyond.push_back(stored.record);
      return absl::OkStatus();
    }));
  return beyond;
}

}  // namespace vivier::backup
