// The strict reading of a token's JSON. protobuf's own reading is too kind for a signed statement:
// the last of two equal keys wins, "5" passes for 5 and null for absent. Here all of these are
// refused. Thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace vivier::security {

// Reads one JSON object into `message`. A member that the message does not know is ignored, except
// "crit", which says that it must not be (RFC 7515 §4.1.11). A repeated field takes a list, or a
// single string as "aud" may be. UNAUTHENTICATED, reason TOKEN_INVALID.
absl::Status ReadTokenJson(absl::string_view json, google::protobuf::Message& message);

}  // namespace vivier::security
