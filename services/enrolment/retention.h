// When a person's file may, must not and has to be erased: the policy and its sources. Pure
// functions, thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::enrolment {

// How long a file is kept after the last decision on it, or after it was made when nobody decided
// anything: at most two years after the last contact with an applicant who was not taken (CNIL,
// recruitment guide of January 2023). In months. The files of learners have no such date: what
// proves their training has periods of its own, and erasing them is a person's decision.
inline constexpr int kUnsuccessfulKeptMonths = 24;

// The day on which a file that was touched on `day` is to be erased.
absl::CivilDay EraseOn(absl::CivilDay day);

// PERSON_NEEDED, with the resource, while the school or the law needs the person's data: an
// application that is not decided, somebody in training, a contract of fixed term that runs.
absl::Status CheckErasure(absl::Span<const v1::Application> applications,
                          absl::Span<const v1::Learner> learners, absl::CivilDay today);

}  // namespace vivier::enrolment
