#include "services/enrolment/learners/status.h"

namespace vivier::enrolment {

Status StatusOn(const StatusFacts& facts, absl::CivilDay day) {
  if (facts.exited && facts.exit_cause == v1::LearnerLeft::NO_SHOW)
    return day < facts.start ? Status::kNotStarted : Status::kNeverCame;
  if (facts.exited && day > facts.exit) {
    const bool onward = facts.exit_cause == v1::LearnerLeft::JOB ||
                        facts.exit_cause == v1::LearnerLeft::OTHER_TRAINING;
    return onward ? Status::kLeftForJobOrTraining : Status::kLeft;
  }
  if (day < facts.start) return Status::kNotStarted;
  return day <= facts.end ? Status::kInTraining : Status::kFinished;
}

bool IsDropOutSuspected(const StatusFacts& facts, absl::CivilDay day) {
  return StatusOn(facts, day) == Status::kInTraining && facts.unexcused_in_a_row >= kAlertHalfDays;
}

}  // namespace vivier::enrolment
