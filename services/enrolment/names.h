// Resource names of enrolment. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vivier::enrolment {

// "a-1" of "schools/nancy/cohorts/ai-1/applications/a-1"
inline std::string IdOf(absl::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

// "schools/nancy/cohorts/ai-1" of the same
inline std::string ParentOf(absl::string_view name) {
  name = name.substr(0, name.rfind('/'));
  return std::string(name.substr(0, name.rfind('/')));
}

inline std::string SeatsName(absl::string_view cohort) { return absl::StrCat(cohort, "/seats"); }

// A learner has the id of his application.
inline std::string LearnerName(absl::string_view application) {
  return absl::StrCat(ParentOf(application), "/learners/", IdOf(application));
}

}  // namespace vivier::enrolment
