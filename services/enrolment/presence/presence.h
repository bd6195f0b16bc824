// Attendance sheets, presence and the cohort's chain of seals. Stateless besides its tables, hence
// thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/cohorts/cohorts.h"
#include "services/enrolment/learners/learners.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::enrolment {

class Presence {
 public:
  Presence(Cohorts& cohorts, Learners& learners) : cohorts_(cohorts), learners_(learners) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::PresenceEntry>& entries() const { return entries_; }

  // Answers to a hook: SHEETS_OPEN while a sheet of the finished cohort is not sealed.
  absl::Status CheckSealed(rpc::Call& call, const v1::Cohort& cohort);

 private:
  absl::StatusOr<v1::AttendanceSheet> OpenAttendanceSheet(
      rpc::Call& call, const v1::OpenAttendanceSheetRequest& request);
  absl::StatusOr<v1::PresenceEntry> SignPresence(rpc::Call& call,
                                                 const v1::SignPresenceRequest& request);
  absl::StatusOr<v1::PresenceEntry> RecordAbsence(rpc::Call& call,
                                                  const v1::RecordAbsenceRequest& request);
  absl::StatusOr<v1::AttendanceSheet> SignAttendanceSheet(
      rpc::Call& call, const v1::SignAttendanceSheetRequest& request);
  absl::StatusOr<v1::AttendanceSheet> SealAttendanceSheet(
      rpc::Call& call, const v1::SealAttendanceSheetRequest& request);
  absl::StatusOr<v1::PresenceEntry> CorrectPresence(rpc::Call& call,
                                                    const v1::CorrectPresenceRequest& request);

  absl::StatusOr<std::vector<v1::PresenceEntry>> EntriesOf(rpc::Call& call,
                                                           const std::string& sheet);
  // The next link of the cohort's chain; sets the sheet's place in it.
  absl::Status AppendSeal(rpc::Call& call, const std::vector<v1::PresenceEntry>& entries,
                          v1::AttendanceSheet& sheet);
  absl::Status EmitSealed(rpc::Call& call, const v1::AttendanceSheet& sheet,
                          const std::vector<v1::PresenceEntry>& entries);

  Cohorts& cohorts_;
  Learners& learners_;
  storage::Table<v1::AttendanceSheet> sheets_;
  storage::Table<v1::AttendanceSeal> seals_;
  storage::Table<v1::PresenceEntry> entries_;
  storage::Table<v1::PresenceCorrection> corrections_;
};

}  // namespace vivier::enrolment
