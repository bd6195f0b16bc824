// When the file of a person who was not taken has to be erased: the policy and its source. Pure
// functions, thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace vivier::enrolment {

// How long a file is kept after the last decision on it, or after it was made when nobody decided
// anything: at most two years after the last contact with an applicant who was not taken (CNIL,
// recruitment guide of January 2023). In months. The files of learners have no such date: what
// proves their training has periods of its own, and erasing them is a person's decision.
inline constexpr int kUnsuccessfulKeptMonths = 24;

// The day on which a file that was touched on `day` is to be erased.
absl::CivilDay EraseOn(absl::CivilDay day);

// PERSON_NEEDED: the school or the law needs the person's data because of `resource`.
absl::Status PersonNeeded(const std::string& resource, absl::string_view why);

}  // namespace vivier::enrolment
