// What a half-day's signatures prove, and the text that its seal hashes. Pure functions,
// thread-safe.
//
// The chain of a cohort: link n hashes the hash of link n - 1 and the content of the sheet that was
// sealed. Content is one line for the sheet and one for each entry in the order of their names,
// fields separated by a tab:
//
//   schools/…/attendanceSheets/…-am  revision 1  540-750  trainer who  signed 2027-03-…Z  place
//   schools/…/presenceEntries/a-1  minutes 210/210  signed 2027-03-…Z  absence 5f2c…
//
// What is said of an absence stands there as a keyed hash: sealed with the rest, and read by nobody
// who has the content alone.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shared/security/school_key.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::enrolment {

// Checks a new sheet against its cohort: dates, half, minutes.
absl::Status CheckSheet(const v1::Cohort& cohort, const v1::AttendanceSheet& sheet);

// "2027-03-01-am"
std::string SheetId(const v1::AttendanceSheet& sheet);

// FAILED_PRECONDITION, SHEET_SEALED, once the sheet was sealed.
absl::Status CheckOpen(const v1::AttendanceSheet& sheet);

// The learner's signature for `minutes`, 0 for all that are due.
absl::Status Sign(const v1::AttendanceSheet& sheet, int32_t minutes, absl::Time now,
                  v1::PresenceEntry& entry);

// Why minutes are missing.
absl::Status SayAbsent(const v1::AttendanceSheet& sheet, v1::PresenceEntry::Absence absence,
                       v1::PresenceEntry& entry);

// Changes an entry of a sheet that was sealed.
absl::Status Correct(const v1::AttendanceSheet& sheet, int32_t minutes,
                     v1::PresenceEntry::Absence absence, v1::PresenceEntry& entry);

// Whether the sheet may be sealed with these entries.
absl::Status CheckSeal(const v1::AttendanceSheet& sheet,
                       absl::Span<const v1::PresenceEntry> entries);

// What is hashed. `sheet` has its next revision already; `absences` are those of the entries,
// hashed.
std::string SealContent(const v1::AttendanceSheet& sheet,
                        absl::Span<const v1::PresenceEntry> entries,
                        absl::Span<const std::string> absences);

// The hash, in hex, of the link after `previous` (in hex, "" for the first).
std::string SealHash(const std::string& previous, const std::string& content);

// Signs the seal for whoever checks it without our program. INTERNAL without a key.
absl::Status SignSeal(const security::SchoolKey* key, v1::AttendanceSeal& seal);

// Whether it is signed by the key that it names.
bool IsSigned(const v1::AttendanceSeal& seal);

// The first number of the chain, in its order, whose hash does not follow from its content and the
// hash before it; 0 when all do.
int64_t FirstBrokenSeal(absl::Span<const v1::AttendanceSeal> chain);

}  // namespace vivier::enrolment
