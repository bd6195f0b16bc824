// What a caller may do who brings nothing but his name: the roles that the school gave him, as rows in the database of
// the very service that decides. Enrolment keeps the memberships and announces each change (RightsChanged); every
// service reacts by keeping what follows. No decision rests on a cache; it may rest on a log that is not yet followed,
// for as long as follower_lag_events says.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/rpc/caller.h"
#include "shared/storage/unit.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::rpc {

// The service that keeps the memberships.
inline constexpr char kRightsProducer[] = "enrolment";

// Whether the caller's rights are in the database: an issuer vouched for who he is and for nothing else.
inline bool NeedsRights(const Caller& caller) { return caller.roles.empty(); }

// Replaces what follows from the membership.
absl::Status StoreRights(storage::Unit& unit, const security::v1::RightsChanged& changed);

// Every role that the subject was given at the transaction's school, of whatever time.
absl::StatusOr<std::vector<security::v1::RoleAssignment>> RightsOf(storage::Transaction& transaction,
                                                                   const std::string& subject);

// Whether the role holds at that time: from its start on, until before its end.
bool IsValid(const security::v1::RoleAssignment& role, absl::Time now);

// The caller with what he may do at `school` now.
Caller WithRights(Caller caller, const std::string& school, const std::vector<security::v1::RoleAssignment>& roles,
                  absl::Time now);

}  // namespace vivier::rpc
