#include "services/enrolment/membership.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/enrolment/dates.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/rights.h"
#include "shared/security/roles.h"

namespace vivier::enrolment {
namespace {

using security::v1::RoleAssignment;

constexpr char kPartner[] = "partner";
constexpr char kService[] = "service";  // services are known by their certificates and keys

absl::Status CheckRole(const v1::Membership& membership, int index) {
  const RoleAssignment& role = membership.roles(index);
  const auto wrong = [index](absl::string_view field, absl::string_view why) {
    return InvalidField(absl::StrCat("membership.roles[", index, "].", field), why);
  };
  if (!security::IsRole(role.role()) || role.role() == kService) return wrong("role", "is no role that can be given");
  if (role.role() == kPartner && role.company().empty()) return wrong("company", "is required for a partner");
  if (role.role() != kPartner && !role.company().empty()) return wrong("company", "is for partners only");
  if (role.role() == kPartner && membership.roles_size() > 1)
    return wrong("role", "a partner holds this role once and no other");
  if (role.has_start_time() && role.has_end_time() && role.end_time() <= role.start_time())
    return wrong("end_time", "must be after start_time");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRoles(const v1::Membership& membership) {
  for (int i = 0; i < membership.roles_size(); ++i) RETURN_IF_ERROR(CheckRole(membership, i));
  return absl::OkStatus();
}

absl::Status CheckMembership(rpc::Call& call, const v1::Membership* before, v1::Membership& after) {
  RETURN_IF_ERROR(CheckRoles(after));
  if (before == nullptr) *after.mutable_create_time() = ToTimestamp(call.time());
  security::v1::RightsChanged changed;
  changed.set_membership(after.name());
  changed.set_subject(after.subject());
  *changed.mutable_roles() = after.roles();
  RETURN_IF_ERROR(rpc::StoreRights(call.unit(), changed));
  return call.Emit(changed);
}

}  // namespace vivier::enrolment
