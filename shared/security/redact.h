// How a message is shown in logs and error texts. protobuf's DebugString shows everything; here a
// field declared (vivier.options.v1.pii) shows as "…", bytes show their number only, and what is
// nested too deep or runs too long is cut. Unknown fields are never shown. Thread-safe.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace vivier::security {

// One line: `name: "schools/nancy/candidates/1" given_name: … address { city: … }`. At most about 2
// KiB.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace vivier::security
