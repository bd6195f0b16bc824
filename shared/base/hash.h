// SHA-256, HMAC, and the hash chains of the event log, the audit trail and the attendance sheets.
// Thread-safe: each thread keeps its own contexts.
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

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace vivier {

// The 32 raw bytes of SHA-256.
std::string Sha256(absl::string_view data);

// The same of bytes that come one after another. Not thread-safe.
class Sha256Sum {
 public:
  Sha256Sum();
  ~Sha256Sum();

  void Add(absl::string_view bytes);
  // Once, the last.
  std::string Finish();

 private:
  struct Context;
  const std::unique_ptr<Context> context_;
};

// The 32 raw bytes of HMAC-SHA-256 (RFC 2104) over the parts, one after another: whoever calls sees
// to it that no two lists of parts give the same bytes.
std::string HmacSha256(absl::string_view key, absl::Span<const absl::string_view> parts);

// The lower-case hexadecimal form of any bytes.
std::string Hex(absl::string_view bytes);

// The 32 raw bytes of the link that follows `previous`.
std::string ChainHash(absl::string_view previous, absl::Span<const absl::string_view> fields);

}  // namespace vivier
