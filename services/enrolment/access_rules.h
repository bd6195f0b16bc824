// What invitations and partners' programs open, and for how long: the only place where it is
// decided. Pure functions; no clock, no storage. Thread-safe.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::enrolment {

// How long an invitation waits: a week has a weekend for everybody.
inline constexpr absl::Duration kInvitationLife = absl::Hours(7 * 24);
// How long a session of a partner's program lasts: what a token that leaks is worth.
inline constexpr absl::Duration kPartnerSessionLife = absl::Hours(1);
// How long an old secret is good beside the new one: a partner's next deployment is within a week.
inline constexpr absl::Duration kSecretOverlap = absl::Hours(7 * 24);
// Open sessions of a partner's program: its replicas, each with a session of its own. One more ends
// the oldest.
inline constexpr int kPartnerSessionsMax = 8;

// The role for the whole school, without an end unless one is given.
security::v1::RoleAssignment RoleUntil(const std::string& role,
                                       absl::Time end = absl::InfiniteFuture());

}  // namespace vivier::enrolment
