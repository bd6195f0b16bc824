#include "shared/security/roles.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace vivier::security {
namespace {

constexpr absl::string_view kService = "service";
constexpr absl::string_view kPermission = "permission:";
constexpr absl::string_view kServiceHolder = "service:";

const Grant* Find(absl::Span<const Grant> grants, absl::string_view holder) {
  const auto found = std::find_if(grants.begin(), grants.end(),
                                  [holder](const Grant& grant) { return grant.holder == holder; });
  return found == grants.end() ? nullptr : &*found;
}

bool Gives(const Grant* grant, absl::string_view permission) {
  return grant != nullptr &&
         std::any_of(grant->permissions.begin(), grant->permissions.end(),
                     [permission](absl::string_view p) { return Covers(p, permission); });
}

// "spiffe://network/school/nancy/service/enrolment" → "enrolment"; "" when the subject names no
// service.
absl::string_view ServiceName(absl::string_view subject) {
  const size_t slash = subject.rfind('/');
  if (slash == absl::string_view::npos || !absl::EndsWith(subject.substr(0, slash), "/service"))
    return "";
  return subject.substr(slash + 1);
}

// A role gives its rights to callers of its own kind only: a partner's token that names a school's
// role has no right.
bool FitsKind(Caller::Kind kind, absl::string_view role) {
  return kind != Caller::Kind::kService && (kind == Caller::Kind::kPartner) == ActsForOne(role);
}

bool RoleAllows(const Caller& caller, const std::string& role, absl::string_view permission) {
  if (caller.kind == Caller::Kind::kService)
    return role == kService &&
           Gives(Find(ServiceGrants(), ServiceName(caller.subject)), permission);
  if (!FitsKind(caller.kind, role)) return false;
  if (absl::StartsWith(role, kPermission))
    return role.substr(kPermission.size()) == permission && IsOfStaff(permission);
  return Gives(Find(RoleGrants(), role), permission) ||
         Gives(Find(BearerGrants(), role), permission);
}

bool ReachesSchool(const Caller& caller, absl::string_view school) {
  if (!school.empty()) return InSchool(caller, school);
  return std::find(caller.schools.begin(), caller.schools.end(), "*") != caller.schools.end();
}

}  // namespace

bool IsOfStaff(absl::string_view permission) {
  return std::any_of(
      StaffRoles().begin(), StaffRoles().end(),
      [permission](absl::string_view role) { return Gives(Find(RoleGrants(), role), permission); });
}

bool IsPublic(absl::string_view permission) {
  return Gives(Find(BearerGrants(), kPublic), permission);
}

std::string RoleOfPermission(absl::string_view permission) {
  return absl::StrCat(kPermission, permission);
}

std::vector<std::string> LetInBy(const Caller& caller, absl::string_view permission) {
  std::vector<std::string> by;
  for (const std::string& role : caller.roles) {
    if (!RoleAllows(caller, role, permission)) continue;
    const bool own = absl::StartsWith(role, kPermission);
    by.push_back(caller.kind == Caller::Kind::kService
                     ? absl::StrCat(kServiceHolder, ServiceName(caller.subject))
                 : own ? kOwnRole
                       : role);
  }
  return by;
}

std::vector<std::string> HoldersOf(absl::string_view permission) {
  std::vector<std::string> holders;
  for (const Grant& grant : RoleGrants())
    if (Gives(&grant, permission)) holders.emplace_back(grant.holder);
  for (const Grant& grant : BearerGrants())
    if (Gives(&grant, permission)) holders.emplace_back(grant.holder);
  for (const Grant& grant : ServiceGrants())
    if (Gives(&grant, permission)) holders.push_back(absl::StrCat(kServiceHolder, grant.holder));
  return holders;
}

bool IsRole(absl::string_view role) {
  return role == kService || Find(RoleGrants(), role) != nullptr;
}

bool Covers(absl::string_view pattern, absl::string_view permission) {
  if (pattern == "*") return true;
  if (!absl::ConsumeSuffix(&pattern, "*")) return pattern == permission;
  return permission.size() > pattern.size() && absl::StartsWith(permission, pattern);
}

bool Allows(const Caller& caller, absl::string_view permission, absl::string_view school) {
  return !permission.empty() && ReachesSchool(caller, school) &&
         std::any_of(caller.roles.begin(), caller.roles.end(),
                     [&](const std::string& role) { return RoleAllows(caller, role, permission); });
}

}  // namespace vivier::security
