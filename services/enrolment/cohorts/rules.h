// What may be done with a cohort, and when; transitions.h draws its states. Pure functions on
// messages; thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "vivier/enrolment/v1/cohorts.pb.h"

namespace vivier::enrolment {

// FAILED_PRECONDITION, WRONG_STATE.
absl::Status WrongState(const std::string& name, absl::string_view state,
                        absl::string_view message);

// Puts the cohort into the state to which the rpc `act` leads, or WRONG_STATE.
absl::Status MoveCohort(absl::string_view act, v1::Cohort& cohort);

// What may not change when a cohort is made (`before` is null) or changed.
absl::Status CheckCohortChange(const v1::Cohort* before, const v1::Cohort& after);

// Whether the cohort takes applications.
absl::Status CheckTakesApplications(const v1::Cohort& cohort);

// Whether people may be ranked for the cohort and get a seat in it.
absl::Status CheckAdmits(const v1::Cohort& cohort);

}  // namespace vivier::enrolment
