// The entries of the dictionary of indicators (indicators.h). Immutable; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/statistics/indicators/indicators.h"
#include "shared/rules/table.h"

namespace vivier::statistics {

// A count: the cells of one table whose values are among those named; an empty list takes every
// value.
struct NamedCount {
  std::string id;
  std::string table;
  std::vector<std::vector<std::string>> values;
};
const std::vector<NamedCount>& NamedCounts();

// One version of an indicator, as R-indicator has it.
struct Indicator {
  std::string id;
  int version;
  std::string numerator, denominator;  // ids of counts
  std::string missing;                 // count of whom it is not known; empty where everybody is
  bool persons;                        // counts persons: has an interval
  int months;                          // how long after the anchor it is due
  bool from_end;                       // the anchor is the last day of the cohort, not the first
  std::string lacks;  // the fact that no event tells yet; then it has no counts. Else empty
  std::string population, numerator_words, denominator_words, source;
  rules::Validity valid;
};
// Every version, in the order of the table.
const std::vector<Indicator>& Indicators();
// Those in force on that day: where a definition changed, the old version and the new one.
std::vector<const Indicator*> InForce(absl::CivilDay day);

// The day from which on the indicator counts a cohort that began and ended on these days, and all
// cohorts that began in a year whatever their end.
absl::CivilDay DueDate(const Indicator& indicator, absl::CivilDay start, absl::CivilDay end);
absl::CivilDay DueDateOfYear(const Indicator& indicator, int year);

// How much a count is missed when it is hidden: other indicators rest on the large ones.
double Weight(const std::string& count);

}  // namespace vivier::statistics
