// The resource names that funding builds from others, so that every read of a hot path is a read by
// name. Pure functions on well-formed names, therefore thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/resource_name.h"

namespace vivier::funding {

inline std::string BalanceOf(absl::string_view agreement) {
  return absl::StrCat(agreement, "/balance");
}

inline std::string PlanOf(absl::string_view school, absl::string_view cohort) {
  return NameIn(school, "fundingPlans", IdOf(cohort));
}

inline std::string SeatUseOf(absl::string_view plan) { return absl::StrCat(plan, "/seatUse"); }

inline std::string SeatOf(absl::string_view plan, int seat) {
  return absl::StrCat(plan, "/fundedSeats/", seat);
}

// "ai-1.2026-11-22-am.marie" of
// ".../cohorts/ai-1/attendanceSheets/2026-11-22-am/presenceEntries/marie". Ids hold no dot, so two
// entries never meet.
inline std::string PostingId(absl::string_view presence_entry) {
  const std::string sheet = ParentOf(presence_entry);
  return absl::StrCat(IdOf(ParentOf(sheet)), ".", IdOf(sheet), ".", IdOf(presence_entry));
}

}  // namespace vivier::funding
