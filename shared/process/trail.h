// What the audit trails of a process's services say of one name: who was shown a person's data, who
// changed a resource. Page by page, service by service, the newest first; each page reads a bounded
// part of one trail after the other, so that no trail is too long. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

// One service's trail.
struct Trail {
  const rpc::Service* service;
  rpc::Readers* readers;
};

// The condition, on `person_reads`, of the first readings of so many names: $2 and $3 are the days,
// $4 and $5 the principal and person behind whom it begins, the names follow.
std::string ReadsOfPersons(size_t names, int limit);

// Finds the person under every name that the services of the process know them by.
absl::StatusOr<v1::SearchPersonReadsResponse> FindReads(const std::vector<Trail>& trails,
                                                        const v1::SearchPersonReadsRequest& request,
                                                        absl::Time now);
absl::StatusOr<v1::SearchAuditRecordsResponse> FindChanges(
    const std::vector<Trail>& trails, const v1::SearchAuditRecordsRequest& request, absl::Time now);

}  // namespace vivier::site
