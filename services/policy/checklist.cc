// What a school of this trade needs before its first day of each kind of work (docs/checklist.md).
#include "shared/checklist/checklist.h"

namespace vivier::checklist {
namespace {

using Item = site::v1::ChecklistItem;

constexpr Need kNeeds[] = {
    {"access", Item::OPEN_A_COHORT, "a director", "memberships", "",
     "vivier grant-admin ISSUER#SUBJECT makes the first one"},
    {"access", Item::OPEN_A_COHORT, "the school's time zone", "dated_time_zones", "",
     "call AnnounceTimeZone: which day it is follows from it"},
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
};

}  // namespace

absl::Span<const Need> Needs() { return kNeeds; }

}  // namespace vivier::checklist
