// RetryParkedEvents at one service of a process: who asked is in its audit trail before anything is
// tried. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/follow/parked.h"
#include "shared/security/caller.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

// Nothing where the request names an event of another service. INVALID_ARGUMENT for a name that is
// none, or a request_id that was used for another request; NOT_FOUND for an event that is not
// parked.
absl::StatusOr<v1::RetryParkedEventsResponse> RetryParkedAt(
    const follow::ParkedAt& at, const v1::RetryParkedEventsRequest& request,
    const security::Caller& caller);

}  // namespace vivier::site
