// Resource names of enrolment. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/resource_name.h"

namespace vivier::enrolment {

inline std::string SeatsName(absl::string_view cohort) { return absl::StrCat(cohort, "/seats"); }

// A learner has the id of his application.
inline std::string LearnerName(absl::string_view application) {
  return absl::StrCat(ParentOf(application), "/learners/", IdOf(application));
}

}  // namespace vivier::enrolment
