// UUIDs (RFC 9562): the ids of resources that we name ourselves and the form of request ids.
// Thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier {

// A random (version 4) UUID in lower case, "3f2b8c1e-7d54-4a6b-9c0d-5e8f1a2b3c4d".
std::string RandomUuid();

// A UUID that begins with the time in milliseconds (version 7, RFC 9562 §5.7), for request ids:
// those of one time are neighbours in the index of answers, where each random one would dirty a
// page of its own.
std::string TimeOrderedUuid();

// The UUID (version 8, RFC 9562) that `text` always gives: an id for what must be the same when it
// is done again.
std::string UuidOf(absl::string_view text);

// Whether `text` is a UUID of any version in the 8-4-4-4-12 form, in either case. Braces and
// "urn:uuid:" are not.
bool IsUuid(absl::string_view text);

}  // namespace vivier
