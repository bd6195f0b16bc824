// ZIP archives, in which office documents come, read more strictly than any program that opens
// them: what two programs could read differently is refused. Functions without state, thread-safe.
//
//   ┌───────┬──────┬───────┬──────┬───┬────────────┬────────────┬───┬────────┐
//   │ local │ data │ local │ data │ … │ directory  │ directory  │ … │ end 22 │
//   │ header│      │ header│      │   │ entry      │ entry      │   │        │
//   └───────┴──────┴───────┴──────┴───┴────────────┴────────────┴───┴────────┘
//   0                                                                     size
//
// The parts follow each other without a gap, in the order of the directory, whose names are those
// of the local headers; behind data may stand a descriptor of 12 to 24 bytes (flag 8). No comment,
// no password, no parts of more than 4 GiB, no method but "stored" and "deflated".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/enrolment/files/bytes.h"

namespace vivier::enrolment {

struct ZipPart {
  std::string name;
  bool deflated = false;
  int64_t begin = 0, end = 0;  // of its data
};

// Why an archive is not read.
enum class ZipFault { kNone, kMalformed, kEncrypted };

// The parts; none where there is a fault. An error is one of the source.
absl::StatusOr<std::vector<ZipPart>> ReadZip(ByteSource& source, ZipFault& fault);

// Hands over what the part expands to, while `budget` lasts, which goes down with it. False where
// it does not expand, or to more; `take` may end it early by false.
absl::StatusOr<bool> Expand(ByteSource& source, const ZipPart& part, size_t& budget,
                            const std::function<bool(absl::string_view)>& take);

}  // namespace vivier::enrolment
