// What a service's audit trail says of one name: who was shown a person's data, who changed a
// resource. Each reads one snapshot and answers the newest first; RESOURCE_EXHAUSTED with
// TOO_MANY_ROWS rather than a part.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/storage/log/unit.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

// Adds what `service` knows to the response.
absl::Status AddReads(storage::Transaction& transaction, const std::string& service,
                      const v1::SearchPersonReadsRequest& request, absl::Time now,
                      v1::SearchPersonReadsResponse& response);
absl::Status AddChanges(storage::Transaction& transaction, const std::string& service,
                        const v1::SearchAuditRecordsRequest& request, absl::Time now,
                        v1::SearchAuditRecordsResponse& response);

}  // namespace vivier::site
