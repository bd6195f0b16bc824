// What links, invitations and partners' programs open, and for how long: the only place where it is
// decided. Pure functions; no clock, no storage. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/security/caller.h"
#include "vivier/enrolment/v1/access_links.pb.h"
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

// How long a link of the purpose waits, and how long its session lasts then.
absl::Duration LinkLife(v1::AccessLink::Purpose purpose);
absl::Duration SessionLife(v1::AccessLink::Purpose purpose);

// INVALID_ARGUMENT unless the link has a purpose of those that there are, and its resource is one
// of the school for that purpose.
absl::Status CheckAccessLink(const std::string& school, const v1::AccessLink& link);

// What the session of the link may do until `end`.
std::vector<security::v1::RoleAssignment> SessionRoles(const v1::AccessLink& link, absl::Time end);

// Whether the caller may do at the school all that the link would let its bearer do: nobody gives
// away what he does not have.
bool MayGive(const security::Caller& caller, const std::string& school, const v1::AccessLink& link);

// The role for the whole school, without an end unless one is given.
security::v1::RoleAssignment RoleUntil(const std::string& role,
                                       absl::Time end = absl::InfiniteFuture());

}  // namespace vivier::enrolment
