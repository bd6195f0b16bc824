// How a value lies in Redis. Whatever differs from this is treated as if it were not there: other
// bytes, the value of another key, or one written by a program with another schema.
//
//   ┌───────────────┬───────────┬─────────────┬────────┬─────────┐
//   │ fingerprint 8 │ version 8 │ loaded at 8 │ MAC 16 │ payload │
//   └───────────────┴───────────┴─────────────┴────────┴─────────┘
//
// Numbers are big-endian, so that comparing bytes compares versions. "Loaded at" is when the owner
// was asked, in milliseconds since 1970. The MAC is the beginning of HMAC-SHA-256 over fingerprint
// ‖ version ‖ loaded at ‖ length of the key ‖ key ‖ payload, under a key that the school's
// processes share and Redis does not know. What a valid value may still be believed for:
// verifier.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "shared/security/encryption.h"

namespace vivier::cache {

struct Versioned {
  uint64_t version = 0;
  std::string payload;
  absl::Time loaded_at = absl::InfinitePast();  // when its owner was asked, known once it has been
};

// Changes when the message or any message or enum within it changes.
uint64_t SchemaFingerprint(const google::protobuf::Descriptor& type);

std::string EncodeValue(const security::Key& mac_key, absl::string_view key, uint64_t fingerprint,
                        const Versioned& value);

// nullopt unless a process of the school has written exactly this under this key.
struct Decoded {
  uint64_t fingerprint = 0;
  Versioned value;
};
std::optional<Decoded> DecodeValue(const security::Key& mac_key, absl::string_view key,
                                   absl::string_view bytes);

}  // namespace vivier::cache
