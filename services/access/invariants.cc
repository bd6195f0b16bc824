#include "services/access/invariants.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/relations.h"
#include "shared/relations/rights.h"
#include "vivier/access/v1/memberships.pb.h"
#include "vivier/access/v1/roles.pb.h"

namespace vivier::access {
namespace {

using relations::Each;
using relations::IsOf;
using relations::ParentSql;
using relations::Rights;
using rpc::Breaches;
using security::v1::RoleAssignment;
using storage::Transaction;

absl::StatusOr<Rights> RightsDue(Transaction& transaction) {
  std::map<std::string, std::vector<std::string>> permissions;  // of the school's own roles
  RETURN_IF_ERROR(Each<v1::Role>(transaction, [&permissions](const v1::Role& role) {
    permissions[role.name()] = {role.permissions().begin(), role.permissions().end()};
  }));
  Rights due;
  RETURN_IF_ERROR(Each<v1::Membership>(transaction, [&](const v1::Membership& membership) {
    for (int i = 0; i < membership.roles_size(); ++i) {
      RoleAssignment role = membership.roles(i);
      role.clear_permissions();
      for (const std::string& permission : permissions[role.role()])
        role.add_permissions(permission);
      due[absl::StrCat(membership.name(), " ", i)] =
          relations::RightText(membership.subject(), role);
    }
  }));
  return due;
}

// Who may do what is what the memberships say, with the roles of the school's own as they are now.
absl::StatusOr<Breaches> CheckRights(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Rights due, RightsDue(transaction));
  ASSIGN_OR_RETURN(Rights kept, relations::RightsKept(transaction, "memberships/"));
  return relations::CompareRights(due, std::move(kept));
}

std::string InvitationsBroken() {
  return absl::StrCat(
      "SELECT i.name, 'its secret is good until another time, or for something else' "
      "FROM invitations i LEFT JOIN rights r ON r.school = i.school AND r.position = 0 "
      "AND r.membership = i.name || '/secret' WHERE i.school = $1 AND "
      "(r.membership IS NULL OR i.expire_time IS DISTINCT FROM r.end_time "
      "OR r.role <> 'secret:invitation') UNION ALL "
      "SELECT r.membership, 'gives a right by an invitation that is gone' FROM rights r "
      "LEFT JOIN invitations i ON i.school = r.school "
      "AND i.name = replace(r.membership, '/secret', '') WHERE r.school = $1 "
      "AND ",
      IsOf("r.membership", "invitations/"), " AND i.name IS NULL");
}

// Secrets and sessions are not more than was asked for. Of a client of the same name that was
// deleted before, the acts may count too.
std::string ClientsBroken() {
  const auto asked = [](const char* by, const char* method) {
    return absl::StrCat(
        "LEFT JOIN (SELECT p.name, COUNT(*) AS times FROM audit_records a JOIN partner_clients p "
        "ON p.school = a.school AND p.name = a.",
        by,
        " WHERE a.school = $1 AND "
        "a.request_id <> '' AND a.create_time >= p.create_time AND "
        "a.method = 'vivier.access.v1.PartnerClientService.",
        method, "' GROUP BY p.name) AS ", by, "s ON ", by, "s.name = c.name ");
  };
  return absl::StrCat(
      "SELECT c.name, 'was given other secrets or sessions than it counts' FROM partner_clients c ",
      asked("resource", "RotatePartnerClientSecret"), asked("principal", "OpenPartnerSession"),
      "WHERE c.school = $1 AND (c.secrets > 1 + COALESCE(resources.times, 0) "
      "OR c.sessions > COALESCE(principals.times, 0)) UNION ALL "
      "SELECT r.membership, 'acts for another company than its client, or for one that is gone' "
      "FROM rights r LEFT JOIN partner_clients c ON c.school = r.school AND c.name = ",
      ParentSql("r.membership"), " WHERE r.school = $1 AND ",
      IsOf("r.membership", "partnerClients/"),
      " AND "
      "(c.name IS NULL OR (r.company <> '' AND r.company <> c.company))");
}

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service
      .Follows("I16",
               "memberships: name, subject, roles; roles: permissions; rights: membership, "
               "position, subject, role, company, start_time, end_time, scope, permissions, funder",
               &CheckRights)
      .Follows("I16", "invitations: name, expire_time", InvitationsBroken())
      .Follows("I16", "partner_clients: name, company, secrets, sessions", ClientsBroken());
}

}  // namespace vivier::access
