// Certificates that are renewed under load: what the short and the long test of it have in common.
#pragma once

#include "absl/time/time.h"

namespace vivier::testing {

struct Rotation {
  int renewals = 0;         // of all certificates, each with a key of its own
  int64_t calls = 0;        // over connections that last
  int64_t connections = 0;  // of one call each
  int64_t failures = 0;
};

// Renews every `period` for `total`, while services read and a director writes, without a retry.
// Each certificate is good for `life`. Fails the test at each failed call.
Rotation RotateUnderLoad(absl::Duration period, absl::Duration life, absl::Duration total);

}  // namespace vivier::testing
