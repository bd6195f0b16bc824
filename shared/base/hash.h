// SHA-256 and the hash chains of the event log, the audit trail and the attendance sheets.
// Thread-safe: each thread keeps its own digest context.
//
// What a link of a chain hashes, so that no two different records give the same bytes:
//
//   ┌──────────┬──────────┬──────────┬─────────┬──────────┬─────────┬───
//   │ length 8 │ previous │ length 8 │ field 1 │ length 8 │ field 2 │ …
//   └──────────┴──────────┴──────────┴─────────┴──────────┴─────────┴───
//
// A length is the number of bytes that follow it, 8 bytes, little-endian. The first link's previous
// is empty.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier {

// The 32 raw bytes of SHA-256.
std::string Sha256(absl::string_view data);

// The lower-case hexadecimal form of any bytes.
std::string Hex(absl::string_view bytes);

// The 32 raw bytes of the link that follows `previous`.
std::string ChainHash(absl::string_view previous, absl::Span<const absl::string_view> fields);

}  // namespace vivier
