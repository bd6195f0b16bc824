// The dictionary of indicators, as data: named counts over the declared tables, the sums that tie
// them, and rates of one count over another. Definitions are comparable only under the same
// version. Pure functions; thread-safe.
//
// Publication: the floors of R-disclosure, under which nothing is shown, only how many, or all but
// a part that is small or misses little of its whole; then complementary suppression (suppress.h)
// over all schools, their total and every sum of the dictionary together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/statistics/cells/tables.h"
#include "vivier/statistics/v1/indicators.pb.h"

namespace vivier::statistics {

// The value of every named count.
using Values = std::map<std::string, int64_t>;
Values Evaluate(const Counts& counts);

// One of the sums that always hold: total = Σ parts.
struct Partition {
  std::string total;
  std::vector<std::string> parts;
  // The part that is computed as what the others leave; empty where every part is counted.
  std::string rest;
  // The persons behind it where `total` counts no persons; else empty.
  std::string persons;
};
const std::vector<Partition>& Partitions();

std::vector<v1::IndicatorDefinition> Definitions();

// A cohort of the school's own; without days while its opening has not been told.
struct OwnCohort {
  Counts counts;
  std::optional<absl::CivilDay> start, end;
};
// The indicators in force on `day`, nothing hidden. Each counts the cohorts of which it is due by
// then.
std::vector<v1::IndicatorValue> OwnIndicators(const std::vector<OwnCohort>& cohorts,
                                              const std::string& site, absl::CivilDay day);

// What may be shown to others of the cohorts of `year`, of each site and, when there are several,
// of all together first: the indicators in force on `day`; of those that are not due by then
// nothing.
std::vector<v1::IndicatorValue> PublishableIndicators(const std::map<std::string, Counts>& sites,
                                                      int year, absl::CivilDay day);

// The 95 % interval of Wilson for `part` of `whole` > 0.
struct Interval {
  double low, high;
};
Interval Wilson(int64_t part, int64_t whole);

}  // namespace vivier::statistics
