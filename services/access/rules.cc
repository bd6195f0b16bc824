#include "services/access/rules.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/security/secret.h"

namespace vivier::access {
namespace {

using security::v1::RoleAssignment;

constexpr char kPartner[] = "partner";
constexpr char kFunder[] = "funder";
constexpr char kService[] = "service";  // services are known by their certificates and keys

bool IsOf(const std::string& school, absl::string_view collection, absl::string_view name) {
  return !IdOf(name).empty() &&
         name == absl::StrCat("schools/", school, "/", collection, "/", IdOf(name));
}

// What is wrong with the role, as field and description; the field is empty when nothing is.
std::pair<absl::string_view, absl::string_view> Fault(const std::string& school,
                                                      const RoleAssignment& role, bool alone) {
  const bool partner = role.role() == kPartner, funder = role.role() == kFunder;
  const bool known = security::IsRole(role.role()) || IsOwnRole(school, role.role());
  if (!known || role.role() == kService) return {"role", "is no role that can be given"};
  if (partner && role.company().empty()) return {"company", "is required for a partner"};
  if (!partner && !role.company().empty()) return {"company", "is for partners only"};
  if (funder && !IsOf(school, "funders", role.funder()))
    return {"funder", "is no funder of the school"};
  if (!funder && !role.funder().empty()) return {"funder", "is for funders only"};
  if ((partner || funder) && !alone) return {"role", "is held once and with no other"};
  if ((partner || funder) && !role.scope().empty())
    return {"scope", "is the company or the funder itself"};
  if (!role.scope().empty() && !IsOf(school, "cohorts", role.scope()))
    return {"scope", "is no cohort of the school"};
  if (role.has_start_time() && role.has_end_time() && role.end_time() <= role.start_time())
    return {"end_time", "must be after start_time"};
  return {};
}

}  // namespace

bool IsOwnRole(const std::string& school, absl::string_view role) {
  return IsOf(school, "roles", role);
}

absl::Status CheckRoles(const std::string& school, const std::string& holder, const Roles& roles) {
  for (int i = 0; i < roles.size(); ++i) {
    const auto [field, why] = Fault(school, roles[i], roles.size() == 1);
    if (!field.empty()) return InvalidField(absl::StrCat(holder, ".roles[", i, "].", field), why);
  }
  return absl::OkStatus();
}

absl::Status CheckMembership(const std::string& school, const v1::Membership& membership) {
  if (security::IsPrincipalOfSecret(membership.subject()))
    return InvalidField("membership.subject", "is no issuer's");
  return CheckRoles(school, "membership", membership.roles());
}

}  // namespace vivier::access
