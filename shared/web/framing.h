// Messages one behind the other in a body, as Connect's streams and gRPC-Web have them. Pure.
//
//   flags   1 byte    1: compressed; 2: the end of a Connect stream; 0x80: gRPC-Web's trailers
//   length  4 bytes   the most significant first
//   message
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::web {

inline constexpr size_t kFrameHeadBytes = 5;

enum FrameFlags : uint8_t { kPlain = 0, kCompressed = 1, kConnectEnd = 2, kTrailers = 0x80 };

std::string Framed(uint8_t flags, absl::string_view message);

struct Frame {
  bool compressed = false;
  absl::string_view message;  // of the body
};
// The one message of a request. INVALID_ARGUMENT, reason MALFORMED_REQUEST, unless the body is one
// message and nothing else.
absl::StatusOr<Frame> OneFrame(absl::string_view body);

// Base64 of gRPC-Web-Text: pieces that were each encoded for themselves, one behind the other.
// INVALID_ARGUMENT where it is none.
absl::StatusOr<std::string> FromBase64Pieces(absl::string_view text);

}  // namespace vivier::web
