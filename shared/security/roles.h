// Who may do what: roles and services with their permissions, as data in one table each. The tables
// are the trade's and stand in services/policy/roles.cc; here is how they are read. Deny by
// default; what no row allows is forbidden. A permission is "resource.verb", as the rpcs declare
// it. Thread-safe.
//
// This decides whether a caller may call an rpc on a school at all. Which objects inside the school
// they see (a partner its own offers, a candidate their own file) is decided in the data's
// transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/security/caller.h"

namespace vivier::security {

// Whom a row of the table is about, and its patterns: "cohorts.create", "cohorts.*" or "*".
struct Grant {
  absl::string_view holder;
  std::vector<absl::string_view> permissions;
};

// By role. A role of the table can be held by persons and partners; "service" is not one of them.
absl::Span<const Grant> RoleGrants();

// What is never given as a role: by what a caller has in hand. Everybody for whom an issuer vouches
// is "identified", everybody at all is "public"; the others are what secrets (secret.h) stand for,
// and the sessions that they open.
absl::Span<const Grant> BearerGrants();

// By service name: which rpcs of others each of our services may call. Services hold the role
// "service", and what that means follows from the name at the end of the caller's subject
// ("…/service/enrolment").
absl::Span<const Grant> ServiceGrants();

// Those whose work a school may divide otherwise. Not among them: who hands out rights, watches the
// others, erases, acts for somebody outside, or keeps the machines.
absl::Span<const absl::string_view> StaffRoles();

bool IsRole(absl::string_view role);

// Whether who holds the role acts for one company or one funder (Caller::Kind::kPartner) and sees
// what is its own.
bool ActsForOne(absl::string_view role);

// Whether a role of a school's own may give it: one of the roles of the school's staff does.
bool IsOfStaff(absl::string_view permission);

// The role that gives this one permission: of such a school's own roles are made (rights.proto).
std::string RoleOfPermission(absl::string_view permission);

// What stands for every role of a school's own where somebody asks by what a caller is let in.
inline constexpr char kOwnRole[] = "own role";

// Whoever there is, also without a token.
inline constexpr char kPublic[] = "public";

// Whether anybody may use it, at every school.
bool IsPublic(absl::string_view permission);

// By what the caller may use the permission: roles, kOwnRole, what a secret or session stands for
// ("session:apply"), "service:curriculum". Their schools are not looked at.
std::vector<std::string> LetInBy(const Caller& caller, absl::string_view permission);

// All whom the tables let use it, as LetInBy says them; kOwnRole is not among them.
std::vector<std::string> HoldersOf(absl::string_view permission);

// Whether `pattern` covers `permission`.
bool Covers(absl::string_view pattern, absl::string_view permission);

// Whether the caller may use the permission on the school; an empty school means the whole network,
// for which only network-wide callers (schools "*") have rights.
bool Allows(const Caller& caller, absl::string_view permission, absl::string_view school);

}  // namespace vivier::security
