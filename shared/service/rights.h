// What callers may do who bring nothing but their name, or a secret: the roles that the school gave
// them, as rows in the database of the very service that decides. A service that gives rights (the
// option gives_rights of its package) announces each change (RightsChanged) and keeps what follows
// itself; every other service reacts by keeping it too. No decision rests on a cache; it may rest
// on a log that is not yet followed, for as long as follower_lag_events says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/security/caller.h"
#include "shared/service/call.h"
#include "shared/service/method.h"
#include "shared/storage/log/unit.h"
#include "vivier/security/v1/rights.pb.h"

namespace vivier::rpc {

// Whether the caller's rights are in the database: an issuer vouched for who they are and for
// nothing else.
inline bool NeedsRights(const security::Caller& caller) { return caller.roles.empty(); }

// The services of the trade whose index says gives_rights.
const std::vector<std::string>& RightsProducers();

// Replaces what follows from the membership.
absl::Status StoreRights(storage::Unit& unit, const security::v1::RightsChanged& changed);

// What a service that gives rights decides: kept here, where it counts at once, and announced. From
// now on `subject` has these roles by `membership`, a resource of that service's own.
absl::Status GiveRights(Call& call, const std::string& membership, const std::string& subject,
                        const std::vector<security::v1::RoleAssignment>& roles);

// Nothing follows from `membership` any more.
absl::Status EndRights(Call& call, const std::string& membership);

// The name by which the one secret of a resource has its rights, and the resource of such a name.
std::string SecretName(absl::string_view resource);
std::string ResourceOfSecret(absl::string_view secret);

struct Rights {
  std::string
      membership;  // what gives them, the first where several do: a secret's are given by one
  std::vector<security::v1::RoleAssignment> roles;
};

// Every role that the subject was given at the transaction's school, of whatever time.
absl::StatusOr<Rights> RightsOf(storage::Transaction& transaction, const std::string& subject);

// The subject to whom the membership gives rights, or "".
absl::StatusOr<std::string> SubjectOf(storage::Transaction& transaction,
                                      const std::string& membership);

// Whether the role holds at that time: from its start on, until before its end.
bool IsValid(const security::v1::RoleAssignment& role, absl::Time now);

// Whether the role holds for the resource `target`: its scope is that, or above it, or the whole
// school.
bool Reaches(const security::v1::RoleAssignment& role, absl::string_view target);

// The caller with what they may do to `target`, of `school`, now.
security::Caller WithRights(security::Caller caller, const std::string& school,
                            absl::string_view target,
                            const std::vector<security::v1::RoleAssignment>& roles, absl::Time now);

// What a List may show of `target`'s children to whom it may not show all: those for which a role
// holds now that gives the permission. Each once, in the order of their names.
std::vector<std::string> Reached(const Method& method, absl::string_view target,
                                 const std::vector<security::v1::RoleAssignment>& roles,
                                 absl::Time now);

// The caller with all that they may do to the whole of `target` now: what their rights say, and
// where an issuer vouches for them what anybody may for whom one does. The bearer of a secret is
// called by what it stands for, "schools/nancy/partnerClients/acme" of the membership
// schools/nancy/partnerClients/acme/sessions/3; they are nobody where no role holds now.
std::optional<security::Caller> EntitledTo(const security::Caller& caller, absl::string_view target,
                                           const Rights& rights, absl::Time now);

struct Entitlement {
  security::Caller caller;
  std::vector<std::string> only;  // where it is not empty, a List shows these alone
};

// The same for one rpc, which may be a List of what they may see in part.
std::optional<Entitlement> Entitled(const Method& method, const security::Caller& caller,
                                    absl::string_view target, const Rights& rights, absl::Time now);

}  // namespace vivier::rpc
