// The resource names of a plan and its seats, so that every read of a hot path is a read by name.
// Pure functions on well-formed names, thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/resource_name.h"

namespace vivier::funding {

inline std::string PlanOf(absl::string_view school, absl::string_view cohort) {
  return NameIn(school, "fundingPlans", IdOf(cohort));
}

inline std::string SeatUseOf(absl::string_view plan) { return absl::StrCat(plan, "/seatUse"); }

inline std::string SeatOf(absl::string_view plan, int seat) {
  return absl::StrCat(plan, "/fundedSeats/", seat);
}

}  // namespace vivier::funding
