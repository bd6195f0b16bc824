// The tables of shared/security/roles.h: who may do what at a school by default. A school makes
// roles of its own from the permissions of its staff; tests/identity/who_may_call.txt says what the
// tables come to, rpc by rpc.
#include "shared/security/roles.h"

#include <vector>

namespace vivier::security {

namespace {

// Who works at the school.
std::vector<Grant> StaffGrants() {
  return {
      // Alone changes the school and the members of a network.
      {"school_director", {"*"}},
      {"admissions_officer",
       {"schools.get",
        "datedTimeZones.get",
        "datedTimeZones.list",
        "candidates.*",
        "files.*",
        "accessLinks.create",
        "accessLinks.get",
        "accessLinks.list",
        "accessLinks.delete",
        "persons.export",
        "persons.getErasure",
        "applications.*",
        "operations.*",
        "cohorts.*",
        "learners.*",
        "outcomes.*",
        "attendanceSheets.get",
        "attendanceSheets.list",
        "presenceEntries.list",
        "programmes.get",
        "programmes.list",
        "programmeRevisions.get",
        "programmeRevisions.list",
        "fundingPlans.get",
        "fundingPlans.list",
        "jurySessions.create",
        "jurySessions.get",
        "jurySessions.list",
        "certificates.*",
        "cells.list",
        "indicators.*",
        "submissions.compute",
        "submissions.request"}},
      {"trainer",
       {"schools.get", "datedTimeZones.get", "datedTimeZones.list", "accessLinks.create",
        "files.create", "files.upload", "files.get", "attendanceSheets.*", "attendanceSeals.list",
        "presenceEntries.*", "learners.get", "learners.list", "cohorts.get", "cohorts.list",
        "programmes.*", "programmeRevisions.*", "jurySessions.get", "jurySessions.list"}},
      {"assessor",
       {"jurySessions.get", "jurySessions.list", "jurySessions.deliberate", "certificates.get",
        "certificates.list", "learners.get", "learners.list", "cohorts.get", "cohorts.list",
        "programmeRevisions.get", "programmeRevisions.list", "applications.get",
        "applications.list", "applications.score"}},
  };
}

// Who works at the school with its money and with companies.
std::vector<Grant> OfficeGrants() {
  return {
      {"finance_officer", {"schools.get",          "datedTimeZones.get",
                           "datedTimeZones.list",  "funders.*",
                           "fundingAgreements.*",  "agreementBalances.*",
                           "fundingPlans.*",       "reservations.*",
                           "journalEntries.*",     "earnings.*",
                           "findings.*",           "invoices.*",
                           "invoiceLines.*",       "payments.*",
                           "cohorts.get",          "cohorts.list",
                           "attendanceSheets.get", "attendanceSheets.list",
                           "attendanceSeals.list", "files.get",
                           "files.list",           "files.download"}},
      {"partner_manager",
       {"schools.get", "datedTimeZones.get", "datedTimeZones.list", "companies.*", "partnerships.*",
        "jobOffers.*", "learnersPutForward.*", "hirings.*", "contracts.*", "tutors.*",
        "cohorts.get", "cohorts.list", "learners.get", "learners.list", "outcomes.list"}},
  };
}

// Who deals with the school: partners, funders, other nodes of the network, candidates.
std::vector<Grant> OutsideGrants() {
  return {
      // Of all this a partner sees what is its own.
      {"partner",
       {"jobOffers.*", "learnersPutForward.list", "hirings.get", "hirings.list", "hirings.propose",
        "hirings.decline", "contracts.get", "contracts.list", "tutors.*", "companies.get",
        "companies.list", "partnerships.get", "partnerships.list"}},
      // Figures for those who pay, and of the money what is the funder's own: no rpc that returns a
      // person.
      {"funder",
       {"indicators.compute", "indicators.list", "funders.get", "fundingAgreements.get",
        "fundingAgreements.list", "agreementBalances.get", "earnings.get", "earnings.list",
        "invoices.get", "invoices.list", "invoiceLines.list", "payments.get", "payments.list"}},
      // Figures, the catalogue and the registry of schools only: no rpc that returns a person, and
      // no school's own figures, which nothing hides.
      {"network_coordinator",
       {"indicators.compute",
        "indicators.list",
        "submissions.get",
        "submissions.list",
        "members.get",
        "members.list",
        "memberCredentials.get",
        "memberCredentials.list",
        "schoolRecords.get",
        "schoolRecords.list",
        "schoolRecords.create",
        "schoolRecords.update",
        "schoolRecords.delete",
        "schoolRecords.succeed",
        "schoolRecords.import",
        "externalSeries.get",
        "externalSeries.list",
        "externalSeries.import",
        "schools.get",
        "datedTimeZones.get",
        "datedTimeZones.list",
        "programmes.get",
        "programmes.list",
        "programmes.exportLheo",
        "programmeRevisions.get",
        "programmeRevisions.list",
        "totals.compute",
        "submissions.accept",
        "submissions.askToMend"}},
      // With an account; their own file is shown to whoever follows a link (BearerGrants).
      {"candidate",
       {"schools.get", "datedTimeZones.get", "datedTimeZones.list", "cohorts.get", "cohorts.list",
        "programmes.get", "programmes.list", "programmeRevisions.get", "programmeRevisions.list"}},
  };
}

// Who watches over it, and keeps it running.
std::vector<Grant> WatchGrants() {
  return {
      // Everything that holds no personal data, the proof that is kept of who was erased, and the
      // sheets that people signed.
      {"auditor",
       {"schools.get",
        "datedTimeZones.get",
        "datedTimeZones.list",
        "cohorts.get",
        "cohorts.list",
        "attendanceSeals.list",
        "programmes.get",
        "programmes.list",
        "programmeRevisions.get",
        "programmeRevisions.list",
        "funders.get",
        "funders.list",
        "fundingAgreements.get",
        "fundingAgreements.list",
        "agreementBalances.get",
        "fundingPlans.get",
        "fundingPlans.list",
        "journalEntries.get",
        "journalEntries.list",
        "findings.get",
        "findings.list",
        "invoices.get",
        "invoices.list",
        "payments.get",
        "payments.list",
        "partnerships.get",
        "partnerships.list",
        "indicators.compute",
        "indicators.list",
        "submissions.get",
        "submissions.list",
        "invariants.verify",
        "schoolKeys.get",
        "auditTrail.read",
        "keptProofs.export",
        "files.get",
        "files.list",
        "files.download"}},
      // Answers those who ask what is known of them, or to be forgotten (GDPR, articles 15, 17 and
      // 37).
      {"data_protection_officer",
       {"persons.*", "keptProofs.export", "candidates.get", "files.get", "files.list",
        "files.download", "schools.get", "datedTimeZones.get", "datedTimeZones.list",
        "invariants.verify", "auditTrail.read"}},
      // Keeps the machines running: no resource of the trade.
      {"operator",
       {"invariants.verify", "status.get", "checklist.get", "parkedEvents.*", "submissions.request",
        "schoolKeys.*"}},
  };
}

}  // namespace

absl::Span<const Grant> RoleGrants() {
  static const auto& grants = *[] {
    auto* all = new std::vector<Grant>(StaffGrants());
    for (const std::vector<Grant>& more : {OfficeGrants(), OutsideGrants(), WatchGrants()})
      all->insert(all->end(), more.begin(), more.end());
    // Whoever signs in with a browser sees and ends where they are signed in.
    for (Grant& grant : *all)
      if (grant.permissions.front() != "*") grant.permissions.push_back("portalSessions.*");
    return all;
  }();
  return grants;
}

// A session's reach ends at the resource that its link is for.
absl::Span<const Grant> BearerGrants() {
  static const auto& grants = *new std::vector<Grant>{
      {"identified", {"invitations.accept", "portalSessions.*"}},
      // Also whoever shows nothing, within the limits of shared/queue/public_callers.h. No rpc that
      // tells of a person, and none that writes: tests/permissions_test.cc.
      {kPublic,
       {"schools.get", "programmes.exportLheo", "programmeRevisions.get", "programmeRevisions.list",
        "indicators.list"}},
      {"secret:link", {"accessLinks.redeem"}},
      {"secret:client", {"partnerClients.openSession"}},
      // A school below this node.
      {"secret:join_code", {"memberCredentials.redeem"}},
      {"secret:member", {"submissions.submit", "memberCredentials.renew"}},
      {"session:own_data",
       {"candidates.get", "candidates.update", "files.create", "files.upload", "files.get",
        "files.list", "files.download"}},
      {"session:apply", {"cohorts.get", "applications.submit"}},
      {"session:answer_offer",
       {"applications.get", "applications.accept", "applications.decline",
        "applications.withdraw"}},
      {"session:sign_presence", {"presenceEntries.sign"}},
  };
  return grants;
}

// Each follows the others' logs and reads what its own requests refer to
// (tests/permissions_test.cc).
absl::Span<const Grant> ServiceGrants() {
  static const auto& grants = *new std::vector<Grant>{
      {"access", {"events.follow", "companies.get"}},
      {"curriculum", {"events.follow", "cohorts.get", "learners.get"}},
      {"enrolment", {"events.follow", "programmeRevisions.get", "contracts.get"}},
      {"partners", {"events.follow", "cohorts.get", "learners.get"}},
      {"funding", {"events.follow", "cohorts.get"}},
      // Its delivery reads the submission that it takes to a parent.
      // It begins an epoch where a parent knows later figures.
      {"statistics", {"events.follow", "submissions.compute", "submissions.beginEpoch"}},
      // The commands of the operator at the machine itself.
      {"operator",
       {"invariants.verify", "status.get", "checklist.get", "auditTrail.read", "access.explain",
        "memberships.create", "parkedEvents.*", "attendanceSeals.list", "certificates.get",
        "schoolKeys.*"}},
  };
  return grants;
}

absl::Span<const absl::string_view> StaffRoles() {
  static constexpr absl::string_view kStaff[] = {"admissions_officer", "trainer", "assessor",
                                                 "finance_officer", "partner_manager"};
  return kStaff;
}

bool ActsForOne(absl::string_view role) { return role == "partner" || role == "funder"; }

}  // namespace vivier::security
