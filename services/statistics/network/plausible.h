// R-plausible: whether figures that hold together can be true. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/statistics/cells/tables.h"

namespace vivier::statistics {

enum class Verdict {
  kFlag,        // counts, with a finding beside it
  kQuarantine,  // does not count until somebody accepts it
};

struct Finding {
  Verdict verdict;
  std::string text;  // a word of the rule, then what it is about
};

struct Plausible {
  const ByYear& years;   // what is sent
  const ByYear* before;  // what counts now; null where nothing does
  int64_t revisions;     // from the revision that counts to the one that is sent
  int this_year;
};

std::vector<Finding> Implausible(const Plausible& figures);

}  // namespace vivier::statistics
