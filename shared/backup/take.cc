#include "shared/backup/take.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/backup/tables.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/mac_key.h"
#include "shared/storage/rows/table_sums.h"

namespace vivier::backup {
namespace {

using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Value;

constexpr int kFormat = 1;
// A chunk ends behind one row in 512 on average, and never holds more than this.
constexpr unsigned kEndMask = 512 - 1;
constexpr size_t kChunkBytesMax = 4 << 20;

v1::StoredRow ToStored(const Row& row) {
  v1::StoredRow stored;
  for (const Value& value : row) {
    v1::StoredValue& out = *stored.add_values();
    if (const auto* number = std::get_if<int64_t>(&value)) out.set_number(*number);
    if (const auto* text = std::get_if<std::string>(&value)) out.set_text(*text);
    if (const auto* bytes = std::get_if<Bytes>(&value)) out.set_data(bytes->data);
  }
  return stored;
}

bool EndsChunk(const v1::StoredRow& row) {
  const std::string hash = Sha256(row.SerializeAsString());
  const auto byte = [&hash](size_t place) { return static_cast<unsigned char>(hash[place]); };
  return ((static_cast<unsigned>(byte(0)) << 8 | byte(1)) & kEndMask) == 0;
}

// The rows of one table on their way into chunks.
class Chunker {
 public:
  Chunker(Store& store, v1::TableRows& table) : store_(store), table_(table) {}

  absl::Status Add(const Row& row) {
    table_.set_rows(table_.rows() + 1);
    v1::StoredRow stored = ToStored(row);
    const bool ends = EndsChunk(stored);
    bytes_ += stored.ByteSizeLong();
    *chunk_.add_rows() = std::move(stored);
    return ends || bytes_ >= kChunkBytesMax ? Finish() : absl::OkStatus();
  }

  absl::Status Finish() {
    if (chunk_.rows().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(*table_.add_chunks(), store_.Put(chunk_.SerializeAsString()));
    chunk_.clear_rows();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  Store& store_;
  v1::TableRows& table_;
  v1::Chunk chunk_;
  size_t bytes_ = 0;
};

// What the rows of a service add up to, and what its head rows say, by school.
class Judge {
 public:
  // Takes note of a table whose rows the head row counts, though it may have none.
  void Expect(const Table& table) {
    if (table.name != kHeads && PlaceOf(table, "mac") < table.columns.size())
      tables_.insert(table.name);
  }

  // Takes note of a row on its way.
  absl::Status See(const Table& table, const Row& row) {
    const size_t school = PlaceOf(table, "school");
    if (school == row.size()) return absl::OkStatus();
    const std::string& name = std::get<std::string>(row[school]);
    const size_t code = PlaceOf(table, "mac");
    if (table.name == kHeads) {
      ASSIGN_OR_RETURN(written_[name], storage::TableSums::Decode(
                                           std::get<Bytes>(row[PlaceOf(table, "sums")]).data));
    } else if (code < row.size()) {
      const Bytes* mac = std::get_if<Bytes>(&row[code]);
      if (mac != nullptr && mac->data.size() >= security::kMacSize)
        found_[name].Add(table.name, mac->data);
    }
    return absl::OkStatus();
  }

  void Tell(const std::string& service, std::vector<std::string>& findings) {
    for (const auto& [school, sums] : found_) written_.try_emplace(school);
    for (const auto& [school, sums] : written_)
      for (const std::string& table : tables_)
        if (const std::string why = sums.DifferenceTo(found_[school], table); !why.empty())
          findings.push_back(absl::StrCat(service, ", ", school, ": ", table, " ", why));
  }

 private:
  static constexpr char kHeads[] = "heads";

  static size_t PlaceOf(const Table& table, const std::string& column) {
    return static_cast<size_t>(std::find(table.columns.begin(), table.columns.end(), column) -
                               table.columns.begin());
  }

  std::map<std::string, storage::TableSums> written_, found_;  // by school
  std::set<std::string> tables_;
};

absl::Status CopyTable(const Cut::Part& part, const Table& table, Store& store, Judge& judge,
                       v1::TableRows& copied) {
  copied.set_table(table.name);
  for (const std::string& column : table.columns) copied.add_columns(column);
  judge.Expect(table);
  Chunker chunker(store, copied);
  RETURN_IF_ERROR(ReadRows(*part.connection, part.schema, table, [&](const Row& row) {
    const absl::Status seen = judge.See(table, row);
    return seen.ok() ? chunker.Add(row) : seen;
  }));
  return chunker.Finish();
}

absl::StatusOr<v1::ServiceRows> CopyService(const Cut::Part& part, Store& store,
                                            std::vector<std::string>& findings) {
  ASSIGN_OR_RETURN(v1::ServiceRows service, Describe(part));
  ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(*part.connection, part.schema));
  Judge judge;
  for (const Table& table : tables)
    RETURN_IF_ERROR(CopyTable(part, table, store, judge, *service.add_tables()));
  judge.Tell(part.service, findings);
  return service;
}

// Whether somebody put data back since, as their act says.
absl::StatusOr<bool> WasRestored(const Cut::Part& part, const std::string& school,
                                 const v1::Manifest& since) {
  ASSIGN_OR_RETURN(const Result restores,
                   part.connection->Query(
                       absl::StrCat("SELECT COUNT(*) FROM ", part.schema,
                                    ".audit_records WHERE school = $1 AND create_time >= $2 AND "
                                    "method IN ('vivier.restore', 'vivier.reconcile')"),
                       {Value(school), Value(absl::ToUnixMicros(ToTime(since.create_time())))}));
  return std::get<int64_t>(restores.rows[0][0]) > 0;
}

// The log and the trail of acts as they were in the last generation: they only grow.
absl::Status CompareEnds(const Cut::Part& part, const v1::ServiceRows& before,
                         const v1::Manifest& last, std::vector<std::string>& findings) {
  for (const v1::LogEnd& end : before.ends()) {
    ASSIGN_OR_RETURN(const bool log,
                     HoldsLink(part, "events", end.school(), end.event_number(), end.event_hash()));
    ASSIGN_OR_RETURN(const bool acts, HoldsLink(part, "audit_records", end.school(),
                                                end.audit_number(), end.audit_hash()));
    if (log && acts) continue;
    ASSIGN_OR_RETURN(const bool restored, WasRestored(part, end.school(), last));
    if (restored) continue;
    for (const auto& [holds, chain] : {std::pair(log, "events"), std::pair(acts, "audit_records")})
      if (!holds)
        findings.push_back(absl::StrCat(part.service, ", ", end.school(), ": ", chain,
                                        " do not hold what the last backup has: they were cut, "
                                        "written anew or put back"));
  }
  return absl::OkStatus();
}

// With the last generation: FAILED_PRECONDITION where a service has no data any more.
absl::Status CompareWithLast(const Cut& cut, const Store& store,
                             std::vector<std::string>& findings) {
  const absl::StatusOr<std::string> last = store.Find("");
  if (!last.ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::Manifest manifest, store.Read(*last));
  for (const v1::ServiceRows& service : manifest.services()) {
    const Cut::Part* part = cut.Find(service.service());
    if (part == nullptr)
      return Error(
          absl::StatusCode::kFailedPrecondition, "BACKUP_UNUSABLE",
          absl::StrCat(service.service(), " is in the last backup and has no data any more"));
    RETURN_IF_ERROR(CompareEnds(*part, service, manifest, findings));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Taken> TakeBackup(const std::vector<Source>& sources,
                                 const std::string& school_key_proof, absl::Time now,
                                 Store& store) {
  Taken taken;
  const int64_t written_before = store.written();
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(const std::unique_ptr<Cut> cut, Cut::Take(sources));
  taken.cut = absl::Now() - start;
  RETURN_IF_ERROR(CompareWithLast(*cut, store, taken.findings));
  v1::Manifest& manifest = taken.manifest;
  manifest.set_format(kFormat);
  *manifest.mutable_create_time() = ToTimestamp(now);
  manifest.set_school_key_proof(school_key_proof);
  for (const Cut::Part& part : cut->parts()) {
    ASSIGN_OR_RETURN(*manifest.add_services(), CopyService(part, store, taken.findings));
    cut->Release(part);
  }
  for (const v1::ServiceRows& service : manifest.services())
    for (const v1::TableRows& table : service.tables()) taken.rows += table.rows();
  taken.bytes_written = store.written() - written_before;
  ASSIGN_OR_RETURN(taken.generation, store.Seal(manifest));
  return taken;
}

}  // namespace vivier::backup
