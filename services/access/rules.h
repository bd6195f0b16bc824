// Who may hold which role, and how long invitations and the secrets of programs last: the only
// place where it is decided. Pure functions; no clock, no storage. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "vivier/access/v1/memberships.pb.h"

namespace vivier::access {

using Roles = google::protobuf::RepeatedPtrField<security::v1::RoleAssignment>;

// How long an invitation waits: a week has a weekend for everybody.
inline constexpr absl::Duration kInvitationLife = absl::Hours(7 * 24);
// How long a session of a partner's program lasts: what a token that leaks is worth.
inline constexpr absl::Duration kPartnerSessionLife = absl::Hours(1);
// How long an old secret is good beside the new one: a partner's next deployment is within a week.
inline constexpr absl::Duration kSecretOverlap = absl::Hours(7 * 24);
// Open sessions of a partner's program: its replicas, each with a session of its own. One more ends
// the oldest.
inline constexpr int kPartnerSessionsMax = 8;
// How long somebody is signed in with a browser: a day's work. The portal's cookie says the same.
inline constexpr absl::Duration kPortalSessionLife = absl::Hours(12);
// Where one person is signed in at a time: browsers that were closed and not signed out of stay
// until their end. One more ends the oldest.
inline constexpr int kPortalSessionsMax = 20;

// Whether it is the name of one of the school's own roles.
bool IsOwnRole(const std::string& school, absl::string_view role);

// INVALID_ARGUMENT, naming the field of the request's `holder` ("membership"), for a role that is
// neither the house's nor the school's own, or not given to people, a partner without its company
// or a funder without its own, one of these with a scope or beside other roles, a company or a
// funder with another role, a scope that is no cohort of the school, an end that is not after the
// start.
absl::Status CheckRoles(const std::string& school, const std::string& holder, const Roles& roles);

// The same for a membership, whose subject is an issuer's to give.
absl::Status CheckMembership(const std::string& school, const v1::Membership& membership);

}  // namespace vivier::access
