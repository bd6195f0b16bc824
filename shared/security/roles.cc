#include "shared/security/roles.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace vivier::security {
namespace {

using rpc::Caller;

constexpr absl::string_view kService = "service";

const Grant* Find(absl::Span<const Grant> grants, absl::string_view holder) {
  const auto found =
      std::find_if(grants.begin(), grants.end(), [holder](const Grant& grant) { return grant.holder == holder; });
  return found == grants.end() ? nullptr : &*found;
}

bool Gives(const Grant* grant, absl::string_view permission) {
  return grant != nullptr && std::any_of(grant->permissions.begin(), grant->permissions.end(),
                                         [permission](absl::string_view p) { return Covers(p, permission); });
}

// "spiffe://network/school/nancy/service/enrolment" → "enrolment"; "" when the subject names no service.
absl::string_view ServiceName(absl::string_view subject) {
  const size_t slash = subject.rfind('/');
  if (slash == absl::string_view::npos || !absl::EndsWith(subject.substr(0, slash), "/service")) return "";
  return subject.substr(slash + 1);
}

// A role gives its rights to callers of its own kind only: a partner's token that names a school's role has no right.
bool FitsKind(Caller::Kind kind, absl::string_view role) {
  if (kind == Caller::Kind::kPartner) return role == "partner";
  return kind == Caller::Kind::kPerson && role != "partner";
}

bool RoleAllows(const Caller& caller, const std::string& role, absl::string_view permission) {
  if (caller.kind == Caller::Kind::kService)
    return role == kService && Gives(Find(ServiceGrants(), ServiceName(caller.subject)), permission);
  return FitsKind(caller.kind, role) && Gives(Find(RoleGrants(), role), permission);
}

bool ReachesSchool(const Caller& caller, absl::string_view school) {
  if (!school.empty()) return rpc::InSchool(caller, school);
  return std::find(caller.schools.begin(), caller.schools.end(), "*") != caller.schools.end();
}

}  // namespace

absl::Span<const Grant> RoleGrants() {
  static const auto& grants = *new std::vector<Grant>{
      {"school_director", {"*"}},
      {"admissions_officer",
       {"candidates.*", "applications.*", "cohorts.*", "panels.*", "learners.*", "outcomes.*", "messages.*", "files.*",
        "programmes.get", "programmes.list", "programmeRevisions.get", "programmeRevisions.list", "timetables.get", "timetables.list",
        "fundingPlans.get", "fundingPlans.list", "operations.*"}},
      {"trainer",
       {"attendanceSheets.*", "presenceEntries.*", "results.*", "assessments.*", "learners.get", "learners.list",
        "cohorts.get", "cohorts.list", "programmes.*", "programmeRevisions.get", "programmeRevisions.list", "timetables.get",
        "timetables.list", "rooms.get", "rooms.list"}},
      {"assessor",
       {"assessments.get", "assessments.list", "results.*", "juries.get", "juries.list", "juries.decide",
        "certificates.get", "certificates.list", "learners.get", "learners.list", "programmeRevisions.get", "programmeRevisions.list",
        "applications.get", "applications.list", "applications.score", "panels.get", "panels.list"}},
      {"finance_officer",
       {"funders.*", "fundingAgreements.*", "fundingPlans.*", "reservations.*", "journalEntries.*", "invoices.*",
        "paymentRequests.*", "payments.*", "reports.*", "cohorts.get", "cohorts.list", "attendanceSheets.get",
        "attendanceSheets.list", "operations.*"}},
      {"partner_manager",
       {"companies.*", "contacts.*", "partnerships.*", "jobOffers.*", "matchingRounds.*", "proposals.*", "hirings.*",
        "contracts.*", "tutors.*", "cohorts.get", "cohorts.list", "learners.get", "learners.list", "outcomes.get",
        "outcomes.list", "operations.*"}},
      {"partner",
       {"jobOffers.*", "proposals.get", "proposals.list", "proposals.answer", "proposals.watch", "hirings.get",
        "hirings.list", "hirings.declare", "contracts.get", "contracts.list", "tutors.*", "companies.get",
        "partnerships.get"}},
      {"funder",
       {"fundingAgreements.get", "fundingAgreements.list", "invoices.get", "invoices.list", "paymentRequests.get",
        "paymentRequests.list", "payments.get", "payments.list", "tables.get", "tables.list", "indicators.get",
        "indicators.list"}},
      // Figures and the catalogue only: no rpc that returns a person.
      {"network_coordinator",
       {"tables.*", "indicators.*", "publications.*", "submissions.get", "submissions.list", "submissions.review",
        "schools.*", "programmes.get", "programmes.list", "programmeRevisions.get", "programmeRevisions.list"}},
      {"statistics_parent",
       {"submissions.get", "submissions.list", "tables.get", "tables.list", "indicators.get", "indicators.list"}},
      {"candidate",
       {"applications.create", "applications.get", "applications.list", "applications.submit", "applications.accept",
        "applications.decline", "applications.withdraw", "candidates.get", "candidates.update", "candidates.export",
        "cohorts.get", "cohorts.list", "programmes.get", "programmes.list", "files.create"}},
      // Everything that holds no personal data, and the trail of who did what.
      {"auditor", {"auditRecords.get",      "auditRecords.list",      "cohorts.get",      "cohorts.list",
                   "programmes.get",        "programmes.list",        "programmeRevisions.get",    "programmeRevisions.list",
                   "timetables.get",        "timetables.list",        "funders.get",      "funders.list",
                   "fundingAgreements.get", "fundingAgreements.list", "fundingPlans.get", "fundingPlans.list",
                   "journalEntries.get",    "journalEntries.list",    "invoices.get",     "invoices.list",
                   "paymentRequests.get",   "paymentRequests.list",   "payments.get",     "payments.list",
                   "reports.get",           "reports.list",           "companies.get",    "companies.list",
                   "partnerships.get",      "partnerships.list",      "tables.get",       "tables.list",
                   "indicators.get",        "indicators.list",        "publications.get", "publications.list",
                   "submissions.get",       "submissions.list"}},
      // Keeps the machines running: no resource of the trade.
      {"operator",
       {"operations.*", "parkedEvents.*", "deliveries.*", "invariants.*", "backups.*", "erasures.get",
        "erasures.list"}},
  };
  return grants;
}

absl::Span<const Grant> ServiceGrants() {
  static const auto& grants = *new std::vector<Grant>{
      {"curriculum", {"events.*", "cohorts.get", "learners.get"}},
      {"enrolment",
       {"events.*", "programmeRevisions.get", "programmes.get", "timetables.get", "fundingPlans.get", "companies.get"}},
      {"partners", {"events.*", "cohorts.get", "learners.get", "programmeRevisions.get"}},
      {"funding", {"events.*", "cohorts.get", "companies.get", "programmeRevisions.get", "timetables.get"}},
      {"statistics", {"events.*", "submissions.*", "schools.get"}},
      // The commands of the operator at the machine itself.
      {"operator", {"invariants.verify"}},
      // People act through the portal with their own tokens; of its own it shows what is public.
      {"portal",
       {"cohorts.get", "cohorts.list", "programmes.get", "programmes.list", "jobOffers.get", "jobOffers.list",
        "publications.get", "publications.list"}},
  };
  return grants;
}

bool IsRole(absl::string_view role) { return role == kService || Find(RoleGrants(), role) != nullptr; }

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
