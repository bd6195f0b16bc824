// The resource names that funding builds from others, so that every read of a hot path is a read by
// name. Pure functions on well-formed names, therefore thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vivier::funding {

// "ai-1" of "schools/nancy/cohorts/ai-1".
inline absl::string_view IdOf(absl::string_view name) { return name.substr(name.rfind('/') + 1); }

// "schools/nancy/invoices/1" of "schools/nancy/invoices/1/payments/2".
inline std::string ParentOf(absl::string_view name) {
  const size_t id = name.rfind('/');
  return std::string(name.substr(0, name.rfind('/', id - 1)));
}

// The name of a resource right below the school.
inline std::string NameIn(absl::string_view school, absl::string_view collection,
                          absl::string_view id) {
  return absl::StrCat("schools/", school, "/", collection, "/", id);
}

inline std::string BalanceOf(absl::string_view agreement) {
  return absl::StrCat(agreement, "/balance");
}

// The agreement of its balance.
inline absl::string_view AgreementOf(absl::string_view balance) {
  return balance.substr(0, balance.rfind('/'));
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
