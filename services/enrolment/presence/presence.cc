#include "services/enrolment/presence/presence.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/presence/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::AttendanceSheet;
using v1::PresenceEntry;

namespace {

absl::StatusOr<std::vector<std::string>> HashedAbsences(Call& call, const AttendanceSheet& sheet,
                                                        const std::vector<PresenceEntry>& entries) {
  std::vector<std::string> absences;
  for (const PresenceEntry& entry : entries) {
    ASSIGN_OR_RETURN(std::string hash,
                     call.unit().BlindIndex(
                         "absence", absl::StrCat(entry.name(), "/", sheet.revision(), "/",
                                                 PresenceEntry::Absence_Name(entry.absence()))));
    absences.push_back(std::move(hash));
  }
  return absences;
}

}  // namespace

void Presence::AddTo(rpc::Service& service) {
  service.Standard(sheets_)
      .Standard(seals_)
      .On(*this, &Presence::OpenAttendanceSheet)
      .On(*this, &Presence::SignAttendanceSheet)
      .On(*this, &Presence::SealAttendanceSheet)
      .Standard(entries_)
      .Keeps(corrections_)
      .On(*this, &Presence::SignPresence)
      .On(*this, &Presence::RecordAbsence)
      .On(*this, &Presence::CorrectPresence);
}

absl::StatusOr<AttendanceSheet> Presence::OpenAttendanceSheet(
    Call& call, const v1::OpenAttendanceSheetRequest& request) {
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.rows().Get(call, request.parent()));
  RETURN_IF_ERROR(CheckSheet(cohort, request.attendance_sheet()));
  ASSIGN_OR_RETURN(
      std::vector<v1::Learner> learners,
      learners_.rows().Select(call, "cohort = $2 AND state = 'IN_TRAINING'", {cohort.name()}));
  AttendanceSheet sheet;
  sheet.set_name(
      absl::StrCat(cohort.name(), "/attendanceSheets/", SheetId(request.attendance_sheet())));
  sheet.set_cohort(cohort.name());
  *sheet.mutable_date() = request.attendance_sheet().date();
  sheet.set_half(request.attendance_sheet().half());
  sheet.set_start_minute(request.attendance_sheet().start_minute());
  sheet.set_end_minute(request.attendance_sheet().end_minute());
  const std::string& place = request.attendance_sheet().place();
  sheet.set_place(place.empty() ? cohort.host_site() : place);
  sheet.set_state(AttendanceSheet::OPEN);
  RETURN_IF_ERROR(sheets_.Insert(call, sheet));
  const auto name_of = [&sheet](const v1::Learner& learner) {
    return absl::StrCat(sheet.name(), "/presenceEntries/", IdOf(learner.name()));
  };
  std::vector<std::string> names;  // Insert looks whether each is there
  for (const v1::Learner& learner : learners) names.push_back(name_of(learner));
  RETURN_IF_ERROR(entries_.Prefetch(call, names));
  for (const v1::Learner& learner : learners) {
    PresenceEntry entry;
    entry.set_name(name_of(learner));
    entry.set_attendance_sheet(sheet.name());
    entry.set_learner(learner.name());
    entry.set_minutes_due(sheet.end_minute() - sheet.start_minute());
    RETURN_IF_ERROR(entries_.Insert(call, entry));
  }
  return sheet;
}

absl::StatusOr<PresenceEntry> Presence::SignPresence(Call& call,
                                                     const v1::SignPresenceRequest& request) {
  ASSIGN_OR_RETURN(PresenceEntry entry, entries_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(AttendanceSheet sheet, sheets_.Get(call, entry.attendance_sheet()));
  RETURN_IF_ERROR(Sign(sheet, request.minutes_present(), call.time(), entry));
  RETURN_IF_ERROR(entries_.Update(call, entry));
  return entry;
}

absl::StatusOr<PresenceEntry> Presence::RecordAbsence(Call& call,
                                                      const v1::RecordAbsenceRequest& request) {
  ASSIGN_OR_RETURN(PresenceEntry entry, entries_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(AttendanceSheet sheet, sheets_.Get(call, entry.attendance_sheet()));
  RETURN_IF_ERROR(SayAbsent(sheet, request.absence(), entry));
  RETURN_IF_ERROR(entries_.Update(call, entry));
  return entry;
}

absl::StatusOr<AttendanceSheet> Presence::SignAttendanceSheet(
    Call& call, const v1::SignAttendanceSheetRequest& request) {
  ASSIGN_OR_RETURN(AttendanceSheet sheet, sheets_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckOpen(sheet));
  sheet.set_trainer(call.caller().subject);
  *sheet.mutable_trainer_sign_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(sheets_.Update(call, sheet));
  return sheet;
}

absl::Status Presence::CheckSealed(Call& call, const v1::Cohort& cohort) {
  ASSIGN_OR_RETURN(int64_t unsealed,
                   sheets_.Count(call, "cohort = $2 AND state <> 'SEALED'", {cohort.name()}));
  if (unsealed == 0) return absl::OkStatus();
  return Refused(v1::SHEETS_OPEN, "attendance sheets are not sealed",
                 {{"cohort", cohort.name()}, {"sheets", absl::StrCat(unsealed)}});
}

absl::StatusOr<std::vector<PresenceEntry>> Presence::EntriesOf(Call& call,
                                                               const std::string& sheet) {
  return entries_.Select(call, "attendance_sheet = $2 ORDER BY name", {sheet});
}

absl::StatusOr<AttendanceSheet> Presence::SealAttendanceSheet(
    Call& call, const v1::SealAttendanceSheetRequest& request) {
  ASSIGN_OR_RETURN(AttendanceSheet sheet, sheets_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(std::vector<PresenceEntry> entries, EntriesOf(call, sheet.name()));
  RETURN_IF_ERROR(CheckSeal(sheet, entries));
  sheet.set_revision(sheet.revision() + 1);
  sheet.set_state(AttendanceSheet::SEALED);
  RETURN_IF_ERROR(AppendSeal(call, entries, sheet));
  RETURN_IF_ERROR(sheets_.Update(call, sheet));
  RETURN_IF_ERROR(EmitSealed(call, sheet, entries));
  return sheet;
}

absl::Status Presence::AppendSeal(Call& call, const std::vector<PresenceEntry>& entries,
                                  AttendanceSheet& sheet) {
  ASSIGN_OR_RETURN(const std::optional<v1::AttendanceSeal> last,
                   seals_.First(call, "cohort = $2 ORDER BY number DESC", {sheet.cohort()}));
  const int64_t number = last.has_value() ? last->number() + 1 : 1;
  const std::string previous = last.has_value() ? last->hash() : "";
  v1::AttendanceSeal seal;
  seal.set_name(absl::StrCat(sheet.cohort(), "/attendanceSeals/", number));
  seal.set_cohort(sheet.cohort());
  seal.set_number(number);
  seal.set_attendance_sheet(sheet.name());
  seal.set_revision(sheet.revision());
  ASSIGN_OR_RETURN(const std::vector<std::string> absences, HashedAbsences(call, sheet, entries));
  seal.set_content(SealContent(sheet, entries, absences));
  seal.set_hash(SealHash(previous, seal.content()));
  *seal.mutable_seal_time() = ToTimestamp(call.time());
  seal.set_sealed_by(call.caller().subject);
  RETURN_IF_ERROR(SignSeal(call.unit().transaction().school_key(), seal));
  sheet.set_chain_number(seal.number());
  sheet.set_chain_hash(seal.hash());
  return seals_.Insert(call, seal);
}

absl::Status Presence::EmitSealed(Call& call, const AttendanceSheet& sheet,
                                  const std::vector<PresenceEntry>& entries) {
  v1::AttendanceSheetSealed event;
  event.set_attendance_sheet(sheet.name());
  event.set_cohort(sheet.cohort());
  *event.mutable_date() = sheet.date();
  event.set_revision(sheet.revision());
  std::vector<std::string> names;
  for (const PresenceEntry& entry : entries) names.push_back(entry.learner());
  RETURN_IF_ERROR(learners_.rows().Prefetch(call, names));
  for (const PresenceEntry& entry : entries) {
    ASSIGN_OR_RETURN(const v1::Learner* learner, learners_.rows().View(call, entry.learner()));
    v1::SealedPresence& sealed = *event.add_entries();
    sealed.set_presence_entry(entry.name());
    sealed.set_learner(entry.learner());
    sealed.set_minutes_due(entry.minutes_due());
    sealed.set_minutes_present(entry.minutes_present());
    sealed.set_hold(learner->hold());
  }
  return call.Emit(event);
}

absl::StatusOr<PresenceEntry> Presence::CorrectPresence(Call& call,
                                                        const v1::CorrectPresenceRequest& request) {
  ASSIGN_OR_RETURN(PresenceEntry entry, entries_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(AttendanceSheet sheet, sheets_.Get(call, entry.attendance_sheet()));
  v1::PresenceCorrection correction;
  correction.set_presence_entry(entry.name());
  correction.set_learner(entry.learner());
  correction.set_sheet_revision(sheet.revision());
  if (entry.has_learner_sign_time())
    *correction.mutable_learner_sign_time() = entry.learner_sign_time();
  correction.set_minutes_present(entry.minutes_present());
  correction.set_absence(entry.absence());
  correction.set_reason(request.reason());
  correction.set_corrected_by(call.caller().subject);
  *correction.mutable_correct_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(Correct(sheet, request.minutes_present(), request.absence(), entry));
  correction.set_name(absl::StrCat(entry.name(), "/corrections/", entry.corrections()));
  RETURN_IF_ERROR(corrections_.Insert(call, correction));
  RETURN_IF_ERROR(entries_.Update(call, entry));
  if (sheet.state() == AttendanceSheet::SEALED) {
    sheet.set_state(AttendanceSheet::CORRECTING);
    RETURN_IF_ERROR(sheets_.Update(call, sheet));
  }
  return entry;
}

}  // namespace vivier::enrolment
