// The events that the services of a process set aside, page by page, service by service, and
// another try to apply them: who asked for it is in a service's audit trail before anything is
// tried there. Thread-safe.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "shared/follow/parked.h"
#include "shared/security/caller.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

absl::StatusOr<v1::SearchParkedEventsResponse> SearchParked(
    const std::vector<follow::ParkedAt>& services, const v1::SearchParkedEventsRequest& request);

// Nothing where the request names an event of another process. INVALID_ARGUMENT for a name that is
// none, or a request_id that was used for another request; NOT_FOUND for an event that is not
// parked.
absl::StatusOr<v1::RetryParkedEventsResponse> RetryParked(
    const std::vector<follow::ParkedAt>& services, const v1::RetryParkedEventsRequest& request,
    const security::Caller& caller);

}  // namespace vivier::site
