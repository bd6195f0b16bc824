// The bytes of files as they are stored, in rows of 64 KiB, with MACs, sums and keys as any row.
// They are read and deleted past the rows that a transaction remembers, which would hold whole
// files until it ends. Functions without state, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/enrolment/files/bytes.h"
#include "shared/storage/log/unit.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

// The name of the row that holds the file's bytes from `offset` on, a multiple of 64 KiB.
std::string ChunkName(const std::string& file, int64_t offset);

// Stores the bytes, which begin with a row.
absl::Status AppendChunks(storage::Unit& unit, const v1::File& file, int64_t offset,
                          absl::string_view bytes);

// Takes all rows of the file away, without reading their bytes.
void DeleteChunks(storage::Unit& unit, const std::string& file);

// The bytes of one row. DATA_LOSS where it is gone, or not what was written.
absl::StatusOr<std::string> ReadChunk(storage::Transaction& transaction, const std::string& file,
                                      int64_t offset);

// What stands there of a file, and behind it what is about to. One row is kept at a time.
class StoredBytes final : public ByteSource {
 public:
  StoredBytes(storage::Transaction& transaction, const v1::File& file,
              absl::string_view coming = "")
      : transaction_(transaction),
        file_(file.name()),
        stored_(file.committed_size()),
        coming_(coming) {}

  int64_t size() const override { return stored_ + static_cast<int64_t>(coming_.size()); }
  absl::StatusOr<absl::string_view> At(int64_t offset) override;

 private:
  storage::Transaction& transaction_;
  const std::string file_;
  const int64_t stored_;
  const absl::string_view coming_;
  std::string chunk_;
  int64_t begin_ = -1;  // of the chunk
};

}  // namespace vivier::enrolment
