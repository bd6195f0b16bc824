// A learner's status on any date, computed from recorded dates and never typed in. This is the
// policy of a jobseeker's training: no contract is needed, so its absence never means that somebody
// dropped out. A drop-out that only follows from absences is an alert: a seat and money are
// released by a person's confirmation alone. Pure, thread-safe.
#pragma once

#include "absl/time/civil_time.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

enum class Status { kNotStarted, kInTraining, kFinished, kLeft, kLeftForJobOrTraining, kNeverCame };

// From how many unexcused half-days in a row a drop-out is suspected: two whole weeks.
inline constexpr int kAlertHalfDays = 20;

struct StatusFacts {
  absl::CivilDay start;      // of the cohort
  absl::CivilDay end;        // its last day
  bool exited = false;       // a person recorded an exit
  absl::CivilDay exit = {};  // the last day in training
  v1::LearnerLeft::Cause exit_cause = v1::LearnerLeft::CAUSE_UNSPECIFIED;
  int unexcused_in_a_row = 0;  // half-days without interruption up to the date that is asked for
};

Status StatusOn(const StatusFacts& facts, absl::CivilDay day);

// Whether somebody should call the learner; changes neither status nor seat.
bool IsDropOutSuspected(const StatusFacts& facts, absl::CivilDay day);

}  // namespace vivier::enrolment
