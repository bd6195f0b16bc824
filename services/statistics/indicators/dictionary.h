// The entries of the dictionary of indicators (indicators.h). Immutable; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/statistics/indicators/indicators.h"

namespace vivier::statistics {

// A count: the cells of one table whose values are among those named; an empty list takes every
// value.
struct NamedCount {
  std::string id;
  std::string table;
  std::vector<std::vector<std::string>> values;
};
const std::vector<NamedCount>& NamedCounts();

struct Indicator {
  std::string id;
  int version;
  std::string numerator, denominator;  // ids of counts
  std::string missing;                 // count of whom it is not known; empty where everybody is
  bool persons;                        // counts persons: has an interval
  std::string numerator_words, denominator_words, source;
};
const std::vector<Indicator>& Indicators();

// How much a count is missed when it is hidden: other indicators rest on the large ones.
double Weight(const std::string& count);

}  // namespace vivier::statistics
