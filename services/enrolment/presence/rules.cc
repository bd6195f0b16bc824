#include "services/enrolment/presence/rules.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/enrolment/cohorts/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/chain.h"
#include "shared/security/statement.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using v1::AttendanceSheet;
using v1::PresenceEntry;

namespace {

constexpr char kStatement[] = "vivier attendance seal";

std::vector<std::string> SignedFields(const v1::AttendanceSeal& seal) {
  return {seal.name(),
          seal.cohort(),
          absl::StrCat(seal.number()),
          seal.attendance_sheet(),
          absl::StrCat(seal.revision()),
          seal.hash(),
          google::protobuf::util::TimeUtil::ToString(seal.seal_time()),
          seal.sealed_by()};
}

}  // namespace

absl::Status CheckSheet(const v1::Cohort& cohort, const AttendanceSheet& sheet) {
  if (cohort.state() != v1::Cohort::RUNNING)
    return WrongState(cohort.name(), v1::Cohort::State_Name(cohort.state()),
                      "the cohort does not run");
  if (!IsDate(sheet.date())) return InvalidField("attendance_sheet.date", "is no date");
  const absl::CivilDay day = ToCivil(sheet.date());
  if (day < ToCivil(cohort.start_date()) || day > ToCivil(cohort.end_date()))
    return Refused(v1::WRONG_DATE, "outside the cohort's dates", {{"cohort", cohort.name()}});
  if (sheet.end_minute() <= sheet.start_minute())
    return InvalidField("attendance_sheet.end_minute", "must be after start_minute");
  return absl::OkStatus();
}

std::string SheetId(const AttendanceSheet& sheet) {
  return absl::StrCat(DateText(sheet.date()), "-",
                      absl::AsciiStrToLower(AttendanceSheet::Half_Name(sheet.half())));
}

absl::Status CheckOpen(const AttendanceSheet& sheet) {
  if (sheet.state() == AttendanceSheet::OPEN) return absl::OkStatus();
  return Refused(v1::SHEET_SEALED, "the sheet was sealed: correct the entry",
                 {{"attendance_sheet", sheet.name()}});
}

namespace {

absl::Status WrongMinutes(const PresenceEntry& entry, absl::string_view message) {
  return Refused(
      v1::WRONG_MINUTES, message,
      {{"presence_entry", entry.name()}, {"minutes_due", absl::StrCat(entry.minutes_due())}});
}

std::string TimeText(bool has, const google::protobuf::Timestamp& time) {
  return has ? absl::FormatTime(absl::RFC3339_full, ToTime(time), absl::UTCTimeZone()) : "never";
}

bool IsComplete(const PresenceEntry& entry) {
  return entry.minutes_present() == entry.minutes_due() ||
         entry.absence() != PresenceEntry::ABSENCE_UNSPECIFIED;
}

}  // namespace

absl::Status Sign(const AttendanceSheet& sheet, int32_t minutes, absl::Time now,
                  PresenceEntry& entry) {
  RETURN_IF_ERROR(CheckOpen(sheet));
  if (minutes > entry.minutes_due()) return WrongMinutes(entry, "more minutes than are due");
  entry.set_minutes_present(minutes == 0 ? entry.minutes_due() : minutes);
  *entry.mutable_learner_sign_time() = ToTimestamp(now);
  if (entry.minutes_present() == entry.minutes_due()) entry.clear_absence();
  return absl::OkStatus();
}

absl::Status SayAbsent(const AttendanceSheet& sheet, PresenceEntry::Absence absence,
                       PresenceEntry& entry) {
  RETURN_IF_ERROR(CheckOpen(sheet));
  if (entry.minutes_present() == entry.minutes_due())
    return WrongMinutes(entry, "no minutes are missing");
  entry.set_absence(absence);
  return absl::OkStatus();
}

absl::Status Correct(const AttendanceSheet& sheet, int32_t minutes, PresenceEntry::Absence absence,
                     PresenceEntry& entry) {
  if (sheet.state() == AttendanceSheet::OPEN)
    return Refused(v1::SHEET_OPEN, "the sheet is not sealed: sign it",
                   {{"attendance_sheet", sheet.name()}});
  if (minutes > entry.minutes_due()) return WrongMinutes(entry, "more minutes than are due");
  if ((minutes < entry.minutes_due()) != (absence != PresenceEntry::ABSENCE_UNSPECIFIED))
    return WrongMinutes(entry, "an absence is said exactly when minutes are missing");
  entry.set_minutes_present(minutes);
  entry.set_absence(absence);
  entry.set_corrections(entry.corrections() + 1);
  return absl::OkStatus();
}

absl::Status CheckSeal(const AttendanceSheet& sheet, absl::Span<const PresenceEntry> entries) {
  if (sheet.state() == AttendanceSheet::SEALED)
    return Refused(v1::SHEET_SEALED, "the sheet is sealed", {{"attendance_sheet", sheet.name()}});
  if (!sheet.has_trainer_sign_time())
    return Refused(v1::NOT_SIGNED, "the trainer has not signed",
                   {{"attendance_sheet", sheet.name()}});
  for (const PresenceEntry& entry : entries)
    if (!IsComplete(entry))
      return Refused(v1::ENTRY_MISSING, "an entry has neither all its minutes nor an absence",
                     {{"presence_entry", entry.name()}});
  return absl::OkStatus();
}

std::string SealContent(const AttendanceSheet& sheet, absl::Span<const PresenceEntry> entries,
                        absl::Span<const std::string> absences) {
  std::string content =
      absl::StrCat(sheet.name(), "\trevision ", sheet.revision(), "\t", sheet.start_minute(), "-",
                   sheet.end_minute(), "\ttrainer ", absl::CEscape(sheet.trainer()), "\tsigned ",
                   TimeText(sheet.has_trainer_sign_time(), sheet.trainer_sign_time()), "\t",
                   absl::CEscape(sheet.place()), "\n");
  for (size_t i = 0; i < entries.size(); ++i) {
    const PresenceEntry& entry = entries[i];
    absl::StrAppend(&content, entry.name(), "\tminutes ", entry.minutes_present(), "/",
                    entry.minutes_due(), "\tsigned ",
                    TimeText(entry.has_learner_sign_time(), entry.learner_sign_time()),
                    "\tabsence ", absences[i], "\n");
  }
  return content;
}

std::string SealHash(const std::string& previous, const std::string& content) {
  return Hex(ChainHash(previous, {content}));
}

absl::Status SignSeal(const security::SchoolKey* key, v1::AttendanceSeal& seal) {
  if (key == nullptr) return Internal("this process holds no school key");
  security::Sign(key->signing_key(), kStatement, SignedFields(seal), seal);
  return absl::OkStatus();
}

bool IsSigned(const v1::AttendanceSeal& seal) {
  return security::IsStatementSigned(seal.public_key(), seal.signature(), kStatement,
                                     SignedFields(seal));
}

int64_t FirstBrokenSeal(absl::Span<const v1::AttendanceSeal> chain) {
  security::ChainWalk walk;
  for (const v1::AttendanceSeal& seal : chain) {
    const int64_t due = walk.number() + 1;
    if (!walk.Next(seal.number(), seal.hash(), SealHash(walk.hash(), seal.content())).empty())
      return due;
  }
  return 0;
}

}  // namespace vivier::enrolment
