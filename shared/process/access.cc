#include "shared/process/access.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/service/rights.h"

namespace vivier::site {
namespace {

using google::protobuf::util::TimeUtil;
using security::v1::RoleAssignment;

std::string Line(const RoleAssignment& role, const std::string& target,
                 const security::Caller& alone, const rpc::Method& method,
                 const std::string& school, absl::Time now) {
  std::string line = role.role();
  if (!role.company().empty() || !role.funder().empty())
    absl::StrAppend(&line, " of ", role.company(), role.funder());
  if (!role.scope().empty()) absl::StrAppend(&line, " for ", role.scope());
  if (role.has_start_time())
    absl::StrAppend(&line, " from ", TimeUtil::ToString(role.start_time()));
  if (role.has_end_time()) absl::StrAppend(&line, " until ", TimeUtil::ToString(role.end_time()));
  if (!rpc::IsValid(role, now)) return absl::StrCat(line, ": does not hold now");
  if (!rpc::Reached(method, target, {role}, now).empty())
    return absl::StrCat(line, ": gives ", method.permission, " of that alone");
  if (!rpc::Reaches(role, target)) return absl::StrCat(line, ": does not reach ", target);
  return absl::StrCat(
      line, security::Allows(alone, method.permission, school) ? ": gives " : ": does not give ",
      method.permission);
}

}  // namespace

const google::protobuf::MethodDescriptor* MethodOf(const rpc::Service& service,
                                                   const std::string& full_name) {
  for (const google::protobuf::MethodDescriptor* method : service.methods())
    if (method->full_name() == full_name) return method;
  return nullptr;
}

absl::Status Explain(storage::Transaction& snapshot,
                     const google::protobuf::MethodDescriptor& descriptor,
                     const v1::ExplainAccessRequest& request, absl::Time now,
                     v1::ExplainAccessResponse& response) {
  const std::string& school = snapshot.school();
  ASSIGN_OR_RETURN(const rpc::Method method, rpc::Describe(&descriptor));
  const std::string& target = request.name();
  ASSIGN_OR_RETURN(const rpc::Rights rights, rpc::RightsOf(snapshot, request.subject()));
  security::Caller nobody;
  nobody.subject = request.subject();
  for (const RoleAssignment& role : rights.roles)
    response.add_roles(Line(role, target, rpc::WithRights(nobody, school, target, {role}, now),
                            method, school, now));
  response.set_permission(method.permission);
  const std::optional<rpc::Entitlement> entitled =
      rpc::Entitled(method, nobody, target, rights, now);
  const bool is_public = security::IsPublic(method.permission);
  if (is_public) response.add_roles(absl::StrCat(security::kPublic, ": gives ", method.permission));
  response.set_allowed(
      entitled.has_value() &&
      (is_public || security::Allows(entitled->caller, method.permission, school)));
  return absl::OkStatus();
}

}  // namespace vivier::site
