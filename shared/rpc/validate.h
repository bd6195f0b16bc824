// Checks a request against what its .proto says of its fields: REQUIRED, limits, formats, resource
// names, real dates, known enum values, no character that nobody sees. The rules of a message type
// are read from its options once. Thread-safe.
#pragma once

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace vivier::rpc {

// Longest resource name in characters: five levels of two segments of 63, and slack for a UUID.
inline constexpr int kNameLengthMax = 400;
// What may be longer holds a text, with line breaks (shared/base/unicode.h); what may not, a line.
inline constexpr int kLineLengthMax = 200;
// Longest page token and etag in characters; those of filters are in storage/rows/filter.h.
inline constexpr int kPageTokenLengthMax = 1000;

// INVALID_ARGUMENT, INVALID_FIELD with a BadRequest that names every field at fault (at most 100).
// Fields that are OUTPUT_ONLY are cleared, not checked (AIP-203), as are fields that this binary
// does not know.
// An update need not bring what it does not change (AIP-134): what its mask does not name, and
// without a mask what is not set, unless it may create the resource (allow_missing). What the mask
// names stays REQUIRED, and what is brought is complete.
// The elements of `items`, a repeated field of the request, are not looked into.
absl::Status Validate(google::protobuf::Message& request,
                      const google::protobuf::FieldDescriptor* items = nullptr);

}  // namespace vivier::rpc
