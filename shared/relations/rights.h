// The rights that a service keeps (shared/service/rights.h), to compare them with what gives them.
// Functions without state, thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "shared/service/service.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::relations {

// What each says, by membership and position: "schools/nancy/memberships/dora 0".
using Rights = std::map<std::string, std::string>;

// What a role that the subject is given says as a row of `rights`.
std::string RightText(const std::string& subject, const security::v1::RoleAssignment& role);

// Those that the database has of one collection, "memberships/".
absl::StatusOr<Rights> RightsKept(storage::Transaction& transaction, const std::string& collection);

// Those that the service's own log told last.
absl::StatusOr<Rights> RightsTold(storage::Transaction& transaction, const std::string& collection);

// What is kept otherwise than is due, or without being due.
rpc::Breaches CompareRights(const Rights& due, Rights kept);

}  // namespace vivier::relations
