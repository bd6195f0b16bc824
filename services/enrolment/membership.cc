#include "services/enrolment/membership.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/enrolment/dates.h"
#include "services/enrolment/grants.h"
#include "services/enrolment/names.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/security/secret.h"

namespace vivier::enrolment {
namespace {

using security::v1::RoleAssignment;

constexpr char kPartner[] = "partner";
constexpr char kService[] = "service";  // services are known by their certificates and keys

bool IsCohortOf(const std::string& school, const std::string& name) {
  return !IdOf(name).empty() && name == absl::StrCat("schools/", school, "/cohorts/", IdOf(name));
}

// What is wrong with the role, as field and description; the field is empty when nothing is.
std::pair<absl::string_view, absl::string_view> Fault(const std::string& school, const RoleAssignment& role,
                                                      bool alone) {
  const bool partner = role.role() == kPartner;
  if (!security::IsRole(role.role()) || role.role() == kService) return {"role", "is no role that can be given"};
  if (partner && role.company().empty()) return {"company", "is required for a partner"};
  if (!partner && !role.company().empty()) return {"company", "is for partners only"};
  if (partner && !alone) return {"role", "a partner holds this role once and no other"};
  if (partner && !role.scope().empty()) return {"scope", "a partner's is his company"};
  if (!role.scope().empty() && !IsCohortOf(school, role.scope())) return {"scope", "is no cohort of the school"};
  if (role.has_start_time() && role.has_end_time() && role.end_time() <= role.start_time())
    return {"end_time", "must be after start_time"};
  return {};
}

}  // namespace

absl::Status CheckRoles(const std::string& school, const std::string& holder, const Roles& roles) {
  for (int i = 0; i < roles.size(); ++i) {
    const auto [field, why] = Fault(school, roles[i], roles.size() == 1);
    if (!field.empty()) return InvalidField(absl::StrCat(holder, ".roles[", i, "].", field), why);
  }
  return absl::OkStatus();
}

absl::Status CheckMembership(rpc::Call& call, const v1::Membership* before, v1::Membership& after) {
  RETURN_IF_ERROR(CheckRoles(call.school(), "membership", after.roles()));
  if (security::IsPrincipalOfSecret(after.subject())) return InvalidField("membership.subject", "is no issuer's");
  if (before == nullptr) *after.mutable_create_time() = ToTimestamp(call.time());
  return GiveRights(call, after.name(), after.subject(), {after.roles().begin(), after.roles().end()});
}

}  // namespace vivier::enrolment
