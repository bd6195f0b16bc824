#include "services/enrolment/links/rules.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "services/enrolment/admission/rules.h"
#include "shared/base/error.h"
#include "shared/security/role_assignment.h"
#include "shared/security/roles.h"

namespace vivier::enrolment {
namespace {

using security::v1::RoleAssignment;
using v1::AccessLink;

constexpr char kOwnData[] = "session:own_data";

struct PurposeRow {
  AccessLink::Purpose purpose;
  std::vector<absl::string_view> collections;  // of the resource, from the school down
  const char* role;                            // for the resource
  absl::Duration link_life;
  absl::Duration session_life;
};

const PurposeRow* Find(AccessLink::Purpose purpose) {
  static const auto& rows = *new std::vector<PurposeRow>{
      // Asked for today, looked at over a weekend; a page with one form.
      {AccessLink::OWN_DATA, {"candidates"}, kOwnData, absl::Hours(3 * 24), absl::Minutes(30)},
      // Who is told of a training talks it over first; a form of fifty questions, papers to be
      // fetched.
      {AccessLink::APPLY, {"cohorts"}, "session:apply", absl::Hours(14 * 24), absl::Hours(2)},
      // As long as the seat waits; one answer.
      {AccessLink::ANSWER_OFFER,
       {"cohorts", "applications"},
       "session:answer_offer",
       kAcceptanceWait,
       absl::Minutes(30)},
      // A half-day and the evening after it; one signature.
      {AccessLink::SIGN_PRESENCE,
       {"cohorts", "attendanceSheets", "presenceEntries"},
       "session:sign_presence",
       absl::Hours(12),
       absl::Minutes(10)},
  };
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [=](const PurposeRow& row) { return row.purpose == purpose; });
  return found == rows.end() ? nullptr : &*found;
}

// schools/{school}/{collection}/{id}/… of exactly these collections.
bool IsOf(const std::string& school, const std::vector<absl::string_view>& collections,
          const std::string& name) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  if (segments.size() != 2 + 2 * collections.size() || segments[0] != "schools" ||
      segments[1] != school)
    return false;
  for (size_t i = 0; i < collections.size(); ++i)
    if (segments[2 + 2 * i] != collections[i]) return false;
  return true;
}

}  // namespace

absl::Duration LinkLife(AccessLink::Purpose purpose) { return Find(purpose)->link_life; }

absl::Duration SessionLife(AccessLink::Purpose purpose) { return Find(purpose)->session_life; }

absl::Status CheckAccessLink(const std::string& school, const AccessLink& link) {
  const PurposeRow* row = Find(link.purpose());
  if (row == nullptr) return InvalidField("access_link.purpose", "is required");
  if (!IsOf(school, row->collections, link.resource()))
    return InvalidField("access_link.resource", "is not of the kind that the purpose is for");
  return absl::OkStatus();
}

std::vector<RoleAssignment> SessionRoles(const AccessLink& link, absl::Time end) {
  std::vector<RoleAssignment> roles = {security::RoleUntil(Find(link.purpose())->role, end)};
  roles[0].set_scope(link.resource());
  if (link.purpose() != AccessLink::APPLY) return roles;
  roles.push_back(security::RoleUntil(kOwnData, end));
  roles[1].set_scope(link.candidate());
  return roles;
}

bool MayGive(const security::Caller& caller, const std::string& school, const AccessLink& link) {
  for (const RoleAssignment& role : SessionRoles(link, absl::InfiniteFuture())) {
    for (const security::Grant& grant : security::BearerGrants()) {
      if (grant.holder != role.role()) continue;
      for (absl::string_view permission : grant.permissions)
        if (!security::Allows(caller, permission, school)) return false;
    }
  }
  return true;
}

}  // namespace vivier::enrolment
