// How a value lies in Redis. Whatever differs from this is treated as if it were not there: other
// bytes, the value of another key, or one written by a program with another schema.
//
//   ┌───────────────┬───────────┬─────────────┬─────────┐
//   │ fingerprint 8 │ version 8 │ checksum 16 │ payload │
//   └───────────────┴───────────┴─────────────┴─────────┘
//
// Fingerprint and version are big-endian, so that comparing bytes compares versions. The checksum
// is the beginning of ChainHash(key, {fingerprint ‖ version, payload}); it is against accidents,
// not against an enemy inside Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace vivier::cache {

struct Versioned {
  uint64_t version = 0;
  std::string payload;
};

// Changes when the message or any message or enum within it changes.
uint64_t SchemaFingerprint(const google::protobuf::Descriptor& type);

std::string EncodeValue(absl::string_view key, uint64_t fingerprint, uint64_t version,
                        absl::string_view payload);
std::optional<Versioned> DecodeValue(absl::string_view key, uint64_t fingerprint,
                                     absl::string_view value);

}  // namespace vivier::cache
