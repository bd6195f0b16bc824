// Messages between protobuf's bytes and its JSON (https://protobuf.dev/programming-guides/json),
// by their descriptors. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace vivier::web {

// INVALID_ARGUMENT, reason MALFORMED_REQUEST, where the text is no JSON of that message; a field
// that the message does not have is a slip and no extension. RESOURCE_EXHAUSTED where it has more
// parts than limits.h allows.
absl::StatusOr<std::string> FromJson(const google::protobuf::Descriptor& type,
                                     const std::string& json);

// INTERNAL where the bytes are no such message.
absl::StatusOr<std::string> ToJson(const google::protobuf::Descriptor& type,
                                   const std::string& bytes);

}  // namespace vivier::web
