// What a school of this trade, or a node, needs before its first day of each kind of work
// (docs/checklist.md).
#include "shared/checklist/checklist.h"

namespace vivier::checklist {
namespace {

using Item = site::v1::ChecklistItem;

constexpr Need kNeeds[] = {
    {"access", Item::OPEN_A_COHORT, "a director", "memberships", "",
     "vivier grant-admin ISSUER#SUBJECT makes the first one"},
    {"access", Item::OPEN_A_COHORT, "the school's time zone", "dated_time_zones", "",
     "call AnnounceTimeZone: which day it is follows from it"},
    {"enrolment", Item::OPEN_A_COHORT, "what the school is called", "schools", "",
     "call UpdateSchool with allow_missing; GetSchool answers NOT_FOUND before"},
    {"curriculum", Item::OPEN_A_COHORT, "a published programme", "programme_revisions", "",
     "vivier import lheo FILE, or call CreateProgramme; then PublishProgramme"},
    {"enrolment", Item::OPEN_A_COHORT, "a cohort", "cohorts", "",
     "call CreateCohort, for a revision"},
    {"enrolment", Item::ADMIT, "a cohort that was opened", "cohorts", "state <> 'DRAFT'",
     "call OpenCohort"},
    {"enrolment", Item::ADMIT, "an application", "applications", "",
     "vivier import applications FILE --cohort ID, or SubmitApplication by the candidates"},
    {"funding", Item::ADMIT, "a funder", "funders", "", "call CreateFunder"},
    {"funding", Item::ADMIT, "a funding agreement", "funding_agreements", "",
     "call CreateFundingAgreement: its ceiling pays the seats"},
    {"funding", Item::ADMIT, "a funding plan of a cohort", "funding_plans", "",
     "call CreateFundingPlan: without it no seat is funded"},
    {"enrolment", Item::SEAL, "a learner", "learners", "",
     "call AdmitApplication, then AcceptSeat by the candidate"},
    {"enrolment", Item::SEAL, "an attendance sheet", "attendance_sheets", "",
     "call StartCohort, then OpenAttendanceSheet each half-day"},
    {"funding", Item::INVOICE, "earnings of sealed half-days", "earnings", "",
     "call SealAttendanceSheet once trainer and learners have signed"},
    {"statistics", Item::SUBMIT, "figures to submit", "cells", "",
     "statistics counts them from the others' events; vivier status says whether it follows"},
    {"access", Item::ADMIT_MEMBERS, "a head", "memberships", "",
     "vivier grant-admin ISSUER#SUBJECT makes the first one"},
    {"access", Item::ADMIT_MEMBERS, "the node's time zone", "dated_time_zones", "",
     "call AnnounceTimeZone: by its days agreements begin and end"},
    {"statistics", Item::ADMIT_MEMBERS, "a member", "members", "",
     "call CreateMember, for each school below"},
    {"statistics", Item::ADMIT_MEMBERS, "a member that has joined", "member_credentials",
     "state = 'JOINED'", "call IssueJoinCode; the school puts the code where docs/node.md says"},
    {"access", Item::ANSWER, "a coordinator", "membership_roles", "role = 'network_coordinator'",
     "call CreateInvitation with the role network_coordinator, then AcceptInvitation by them"},
    {"statistics", Item::ANSWER, "figures of a member", "submissions", "",
     "a member's statistics sends them once it has joined; vivier doctor there says what hinders"},
};

}  // namespace

absl::Span<const Need> Needs() { return kNeeds; }

Kind KindOf(Item::Goal goal) {
  return goal == Item::ADMIT_MEMBERS || goal == Item::ANSWER ? Kind::kNode : Kind::kSchool;
}

// A node holds no person of a school, so nobody is enrolled there.
Kind KindOf(const std::set<std::string>& services) {
  return services.count("enrolment") > 0 ? Kind::kSchool : Kind::kNode;
}

}  // namespace vivier::checklist
