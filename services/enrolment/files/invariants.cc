#include "services/enrolment/files/invariants.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/enrolment/files/chunks.h"
#include "services/enrolment/files/limits.h"
#include "shared/base/date.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {
namespace {

using rpc::Breaches;
using storage::Transaction;
using storage::Value;
using v1::File;

// How the row contradicts itself, "" where it does not.
std::string Contradiction(const File& file) {
  const bool is_whole = file.state() == File::READY || file.state() == File::DELETED;
  if (is_whole != (file.committed_size() == file.size()))
    return "its state does not go with its bytes";
  if (file.state() == File::REFUSED && file.committed_size() != 0) return "was refused and is kept";
  if ((file.state() == File::DELETED) != file.has_delete_time() ||
      (file.state() == File::READY) == file.has_expire_time())
    return "its state does not go with its times";
  if (!file.has_expire_time()) return "";
  const absl::Time due = file.has_delete_time() ? ToTime(file.delete_time()) + kDeletedKept
                                                : ToTime(file.create_time()) + kUnfinishedKept;
  return ToTime(file.expire_time()) == due ? "" : "expires at another time than it should";
}

absl::StatusOr<int64_t> CountChunks(Transaction& transaction, const std::string& file) {
  ASSIGN_OR_RETURN(const storage::Result found,
                   transaction.connection().Query(
                       "SELECT COUNT(*) FROM file_chunks WHERE school = $1 AND file = $2",
                       {Value(transaction.school()), Value(file)}));
  return std::get<int64_t>(found.rows[0][0]);
}

// How its bytes contradict the row, "" where they do not.
absl::StatusOr<std::string> BytesUnlike(Transaction& transaction, const File& file) {
  const int64_t size = file.committed_size();
  ASSIGN_OR_RETURN(const int64_t chunks, CountChunks(transaction, file.name()));
  if (chunks != (size + kPieceBytes - 1) / kPieceBytes)
    return "has more or fewer chunks than bytes";
  Sha256Sum sum;
  for (int64_t offset = 0; offset < size; offset += kPieceBytes) {
    const absl::StatusOr<std::string> chunk = ReadChunk(transaction, file.name(), offset);
    if (!chunk.ok() || static_cast<int64_t>(chunk->size()) != std::min(kPieceBytes, size - offset))
      return absl::StrCat("its bytes from ", offset, " on are not those that were written");
    sum.Add(*chunk);
  }
  const bool is_whole = size == file.size();
  return is_whole && Hex(sum.Finish()) != file.sha256() ? "its bytes have another hash" : "";
}

absl::StatusOr<Breaches> CheckFiles(Transaction& transaction) {
  const storage::Rows<File> files;
  Breaches breaches;
  std::string after;
  while (true) {
    storage::Unit unit(transaction);
    ASSIGN_OR_RETURN(const std::vector<File> page,
                     files.FirstOf(unit, relations::kPage, "name > $2 ORDER BY name", {after}));
    for (const File& file : page) {
      ++breaches.checked;
      std::string wrong = Contradiction(file);
      if (wrong.empty()) {
        ASSIGN_OR_RETURN(wrong, BytesUnlike(transaction, file));
      }
      if (!wrong.empty()) breaches.Add(file.name(), wrong);
    }
    if (page.size() < static_cast<size_t>(relations::kPage)) return breaches;
    after = page.back().name();
  }
}

constexpr char kUsageIsAnother[] =
    "SELECT name, 'is not the sum of the files' FROM file_usages WHERE school = $1 AND "
    "(name <> 'schools/' || school || '/fileUsages/all' OR "
    "files <> (SELECT COUNT(*) FROM files WHERE school = $1) OR "
    "bytes <> (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files WHERE school = $1 AND "
    "state "
    "<> 'REFUSED') OR uploading_bytes <> (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files "
    "WHERE school = $1 AND state = 'UPLOADING')) "
    "UNION ALL SELECT MIN(name), 'is counted by no usage' FROM files WHERE school = $1 AND "
    "NOT EXISTS (SELECT 1 FROM file_usages WHERE school = $1) HAVING COUNT(*) > 0";

}  // namespace

void AddFilesInvariants(rpc::Service& service) {
  service
      .Follows("I18",
               "files: name, size, state, committed_size, delete_time, expire_time; "
               "file_chunks: name, candidate, file, data",
               CheckFiles)
      .Follows("I18", "file_usages: name, files, bytes, uploading_bytes; files: name, size, state",
               kUsageIsAnother);
}

}  // namespace vivier::enrolment
