// RFC 1952, never more than a bound: a few bytes may expand a thousand times. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::web {

// INVALID_ARGUMENT where it is none, or is more than one; RESOURCE_EXHAUSTED, reason
// REQUEST_TOO_LARGE, where it would be longer than `bytes_max`.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max);

// "" where it cannot be done.
std::string Gzip(absl::string_view bytes);

}  // namespace vivier::web
