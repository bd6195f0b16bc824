// A file's bytes for who judges them: read from any place, a piece at a time, so that nobody holds
// all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/status.h"

namespace vivier::enrolment {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual int64_t size() const = 0;
  // Some bytes from `offset` on, at least one where it is below the size, none at or behind it.
  // Valid until the next call.
  virtual absl::StatusOr<absl::string_view> At(int64_t offset) = 0;
};

// At most `count` bytes from `offset` on, fewer at the end.
inline absl::StatusOr<std::string> ReadBytes(ByteSource& source, int64_t offset, size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    ASSIGN_OR_RETURN(const absl::string_view more,
                     source.At(offset + static_cast<int64_t>(bytes.size())));
    if (more.empty()) break;
    absl::StrAppend(&bytes, more.substr(0, count - bytes.size()));
  }
  return bytes;
}

// All bytes from `begin` to before `end`, in order, until `take` wants no more.
inline absl::Status EachPiece(ByteSource& source, int64_t begin, int64_t end,
                              const std::function<bool(absl::string_view)>& take) {
  for (int64_t offset = begin; offset < end;) {
    ASSIGN_OR_RETURN(absl::string_view piece, source.At(offset));
    if (piece.empty()) break;
    piece = piece.substr(0, static_cast<size_t>(end - offset));
    offset += static_cast<int64_t>(piece.size());
    if (!take(piece)) break;
  }
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
