#include "shared/backup/take.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/backup/tables.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

using storage::Bytes;
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

absl::Status CopyTable(const Cut::Part& part, const Table& table, Store& store,
                       v1::TableRows& copied) {
  copied.set_table(table.name);
  for (const std::string& column : table.columns) copied.add_columns(column);
  Chunker chunker(store, copied);
  RETURN_IF_ERROR(ReadRows(*part.connection, part.schema, table,
                           [&](const Row& row) { return chunker.Add(row); }));
  return chunker.Finish();
}

absl::StatusOr<v1::ServiceRows> CopyService(const Cut::Part& part, Store& store) {
  ASSIGN_OR_RETURN(v1::ServiceRows service, Describe(part));
  ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(*part.connection, part.schema));
  for (const Table& table : tables)
    RETURN_IF_ERROR(CopyTable(part, table, store, *service.add_tables()));
  return service;
}

absl::Status CheckNoneIsLost(const Cut& cut, const Store& store) {
  const absl::StatusOr<std::string> last = store.Find("");
  if (!last.ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::Manifest manifest, store.Read(*last));
  for (const v1::ServiceRows& service : manifest.services())
    if (cut.Find(service.service()) == nullptr)
      return Error(
          absl::StatusCode::kFailedPrecondition, "BACKUP_UNUSABLE",
          absl::StrCat(service.service(), " is in the last backup and has no data any more"));
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
  RETURN_IF_ERROR(CheckNoneIsLost(*cut, store));
  v1::Manifest& manifest = taken.manifest;
  manifest.set_format(kFormat);
  *manifest.mutable_create_time() = ToTimestamp(now);
  manifest.set_school_key_proof(school_key_proof);
  for (const Cut::Part& part : cut->parts()) {
    ASSIGN_OR_RETURN(*manifest.add_services(), CopyService(part, store));
    cut->Release(part);
  }
  for (const v1::ServiceRows& service : manifest.services())
    for (const v1::TableRows& table : service.tables()) taken.rows += table.rows();
  taken.bytes_written = store.written() - written_before;
  ASSIGN_OR_RETURN(taken.generation, store.Seal(manifest));
  return taken;
}

}  // namespace vivier::backup
