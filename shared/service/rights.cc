#include "shared/service/rights.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/security/secret.h"
#include "shared/service/catalogue.h"
#include "shared/storage/log/house_tables.h"
#include "vivier/options/v1/service.pb.h"

namespace vivier::rpc {
namespace {

using security::v1::RoleAssignment;
using storage::Value;

constexpr char kIdentified[] = "identified";
constexpr char kSecret[] = "/secret";
constexpr size_t kPrincipalSegments = 4;  // schools/{school}/{collection}/{id}

// Of house::Rights(), in its order.
enum Column : size_t {
  kMembership = 1,
  kPosition,
  kSubject,
  kRole,
  kCompany,
  kStartTime,
  kEndTime,
  kScope,
  kPermissions,
  kFunder
};

Value ToValue(bool has, const google::protobuf::Timestamp& time) {
  return has ? Value(absl::ToUnixMicros(ToTime(time))) : Value();
}

std::string PrincipalOf(absl::string_view membership) {
  std::vector<absl::string_view> segments = absl::StrSplit(membership, '/');
  if (segments.size() > kPrincipalSegments) segments.resize(kPrincipalSegments);
  return absl::StrJoin(segments, "/");
}

}  // namespace

const std::vector<std::string>& RightsProducers() {
  static const auto& producers =
      *new std::vector<std::string>(ServicesWith(options::v1::gives_rights));
  return producers;
}

absl::Status StoreRights(storage::Unit& unit, const security::v1::RightsChanged& changed) {
  storage::Delete(unit, storage::house::Rights(), "membership = $2", {Value(changed.membership())});
  for (int i = 0; i < changed.roles_size(); ++i) {
    const RoleAssignment& role = changed.roles(i);
    storage::Insert(unit, storage::house::Rights(),
                    {unit.school(), changed.membership(), int64_t{i}, changed.subject(),
                     role.role(), role.company(), ToValue(role.has_start_time(), role.start_time()),
                     ToValue(role.has_end_time(), role.end_time()), role.scope(),
                     absl::StrJoin(role.permissions(), ","), role.funder()});
  }
  return absl::OkStatus();
}

absl::Status GiveRights(Call& call, const std::string& membership, const std::string& subject,
                        const std::vector<RoleAssignment>& roles) {
  security::v1::RightsChanged changed;
  changed.set_membership(membership);
  changed.set_subject(subject);
  changed.mutable_roles()->Assign(roles.begin(), roles.end());
  RETURN_IF_ERROR(StoreRights(call.unit(), changed));
  return call.Emit(changed);
}

absl::Status EndRights(Call& call, const std::string& membership) {
  return GiveRights(call, membership, "", {});
}

std::string SecretName(absl::string_view resource) { return absl::StrCat(resource, kSecret); }

std::string ResourceOfSecret(absl::string_view secret) {
  return std::string(absl::StripSuffix(secret, kSecret));
}

absl::StatusOr<Rights> RightsOf(storage::Transaction& transaction, const std::string& subject) {
  ASSIGN_OR_RETURN(
      const std::vector<storage::Row> found,
      storage::house::Rights().Select(transaction, "subject = $2 ORDER BY membership, position",
                                      {Value(subject)}));
  Rights rights;
  if (!found.empty()) rights.membership = std::get<std::string>(found[0][kMembership]);
  for (const storage::Row& row : found) {
    RoleAssignment& role = rights.roles.emplace_back();
    role.set_role(std::get<std::string>(row[kRole]));
    role.set_company(std::get<std::string>(row[kCompany]));
    if (const auto* start = std::get_if<int64_t>(&row[kStartTime]))
      *role.mutable_start_time() = ToTimestamp(absl::FromUnixMicros(*start));
    if (const auto* end = std::get_if<int64_t>(&row[kEndTime]))
      *role.mutable_end_time() = ToTimestamp(absl::FromUnixMicros(*end));
    role.set_scope(std::get<std::string>(row[kScope]));
    for (absl::string_view permission :
         absl::StrSplit(std::get<std::string>(row[kPermissions]), ',', absl::SkipEmpty()))
      role.add_permissions(std::string(permission));
    role.set_funder(std::get<std::string>(row[kFunder]));
  }
  return rights;
}

absl::StatusOr<std::string> SubjectOf(storage::Transaction& transaction,
                                      const std::string& membership) {
  ASSIGN_OR_RETURN(
      const std::vector<storage::Row> found,
      storage::house::Rights().Select(transaction, "membership = $2 LIMIT 1", {Value(membership)}));
  return found.empty() ? "" : std::get<std::string>(found[0][kSubject]);
}

bool IsValid(const RoleAssignment& role, absl::Time now) {
  return (!role.has_start_time() || ToTime(role.start_time()) <= now) &&
         (!role.has_end_time() || now < ToTime(role.end_time()));
}

bool Reaches(const RoleAssignment& role, absl::string_view target) {
  return role.scope().empty() || target == role.scope() ||
         absl::StartsWith(target, role.scope() + "/");
}

security::Caller WithRights(security::Caller caller, const std::string& school,
                            absl::string_view target, const std::vector<RoleAssignment>& roles,
                            absl::Time now) {
  for (const RoleAssignment& role : roles) {
    if (!IsValid(role, now) || !Reaches(role, target)) continue;
    caller.roles.push_back(role.role());
    for (const std::string& permission : role.permissions())
      caller.roles.push_back(security::RoleOfPermission(permission));
    caller.schools = {school};
    if (!security::ActsForOne(role.role())) continue;
    caller.kind = security::Caller::Kind::kPartner;
    caller.acts_for = role.company().empty() ? role.funder() : role.company();
  }
  return caller;
}

std::vector<std::string> Reached(const Method& method, absl::string_view target,
                                 const std::vector<RoleAssignment>& roles, absl::Time now) {
  const std::string school(SchoolOf(target));
  const std::string collection = absl::StrCat(target, "/", method.listed, "/");
  std::set<std::string> reached;
  for (const RoleAssignment& role : roles)
    if (!method.listed.empty() && role.scope().rfind('/') == collection.size() - 1 &&
        absl::StartsWith(role.scope(), collection) &&
        security::Allows(WithRights({}, school, role.scope(), {role}, now), method.permission,
                         school))
      reached.insert(role.scope());
  return {reached.begin(), reached.end()};
}

std::optional<security::Caller> EntitledTo(const security::Caller& caller, absl::string_view target,
                                           const Rights& rights, absl::Time now) {
  const std::string school(SchoolOf(target));
  security::Caller entitled = WithRights(caller, school, target, rights.roles, now);
  if (!security::IsPrincipalOfSecret(caller.subject)) {
    entitled.roles.push_back(kIdentified);
    entitled.schools = {school};
    return entitled;
  }
  const bool holds = std::any_of(rights.roles.begin(), rights.roles.end(),
                                 [now](const RoleAssignment& role) { return IsValid(role, now); });
  if (!holds) return std::nullopt;
  entitled.subject = PrincipalOf(rights.membership);
  return entitled;
}

std::optional<Entitlement> Entitled(const Method& method, const security::Caller& caller,
                                    absl::string_view target, const Rights& rights,
                                    absl::Time now) {
  std::optional<security::Caller> whole = EntitledTo(caller, target, rights, now);
  if (!whole.has_value()) return std::nullopt;
  if (security::Allows(*whole, method.permission, SchoolOf(target)))
    return Entitlement{*std::move(whole), {}};
  std::vector<std::string> only = Reached(method, target, rights.roles, now);
  if (!only.empty()) whole = EntitledTo(caller, only.front(), rights, now);
  return Entitlement{*std::move(whole), std::move(only)};
}

}  // namespace vivier::rpc
