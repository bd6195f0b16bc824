// Refusals as callers are told them. Stateless.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/security/caller.h"

namespace vivier::rpc {

// `status` with an ErrorInfo where it has none: errors of the storage get the house's reasons.
absl::Status WithReason(const absl::Status& status);

// That somebody was erased is told to who may see erasures at the school; to all others it is as if
// nobody had ever been known by that name.
absl::Status AsTold(const absl::Status& status, const security::Caller& caller,
                    absl::string_view school);

}  // namespace vivier::rpc
