#include "services/enrolment/files/chunks.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/enrolment/files/limits.h"
#include "shared/base/status.h"
#include "shared/storage/rows/row_mac.h"
#include "shared/storage/rows/schema.h"

namespace vivier::enrolment {
namespace {

using storage::Schema;
using storage::Transaction;
using storage::Value;

const Schema& Chunks() { return Schema::Of(v1::FileChunk::descriptor()); }

}  // namespace

std::string ChunkName(const std::string& file, int64_t offset) {
  return absl::StrCat(file, "/fileChunks/", absl::StrFormat("%08d", offset));
}

absl::Status AppendChunks(storage::Unit& unit, const v1::File& file, int64_t offset,
                          absl::string_view bytes) {
  for (; !bytes.empty(); offset += kPieceBytes) {
    const absl::string_view piece = bytes.substr(0, kPieceBytes);
    bytes.remove_prefix(piece.size());
    v1::FileChunk chunk;
    chunk.set_name(ChunkName(file.name(), offset));
    chunk.set_candidate(file.candidate());
    chunk.set_file(file.name());
    chunk.set_data(piece.data(), piece.size());
    RETURN_IF_ERROR(unit.Insert(Chunks(), chunk));
  }
  return absl::OkStatus();
}

void DeleteChunks(storage::Unit& unit, const std::string& file) {
  unit.Later([file](Transaction& transaction) -> absl::Status {
    const std::string of_file =
        absl::StrCat(" FROM ", Chunks().table(), " WHERE school = $1 AND file = $2");
    const std::vector<Value> parameters = {Value(transaction.school()), Value(file)};
    ASSIGN_OR_RETURN(const storage::Result macs,
                     transaction.connection().Query("SELECT mac" + of_file, parameters));
    if (macs.rows.empty()) return absl::OkStatus();
    for (const storage::Row& row : macs.rows)
      transaction.Counted(Chunks().table(), &row.front(), nullptr);
    return transaction.connection().Send("DELETE" + of_file, parameters,
                                         static_cast<int64_t>(macs.rows.size()));
  });
}

absl::StatusOr<std::string> ReadChunk(Transaction& transaction, const std::string& file,
                                      int64_t offset) {
  static const std::string& by_name = *new std::string(Chunks().SelectWhere("name = $2"));
  const std::string name = ChunkName(file, offset);
  ASSIGN_OR_RETURN(
      const storage::Result found,
      transaction.connection().Query(by_name, {Value(transaction.school()), Value(name)}));
  if (found.rows.empty()) return storage::RowChanged(Chunks().table(), name);
  ASSIGN_OR_RETURN(const auto message, transaction.Decode(Chunks(), found.rows.front()));
  const std::string& data = static_cast<const v1::FileChunk&>(*message).data();
  if (data.empty()) return storage::RowChanged(Chunks().table(), name);
  return data;
}

absl::StatusOr<absl::string_view> StoredBytes::At(int64_t offset) {
  if (offset >= size()) return absl::string_view();
  if (offset >= stored_) return coming_.substr(static_cast<size_t>(offset - stored_));
  const int64_t begin = offset - offset % kPieceBytes;
  if (begin != begin_) {
    ASSIGN_OR_RETURN(chunk_, ReadChunk(transaction_, file_, begin));
    begin_ = begin;
  }
  const auto place = static_cast<size_t>(offset - begin);
  if (place >= chunk_.size()) return storage::RowChanged(Chunks().table(), ChunkName(file_, begin));
  return absl::string_view(chunk_).substr(place);
}

}  // namespace vivier::enrolment
