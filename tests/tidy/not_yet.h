// What does not keep a rule yet, line by line. A line excuses the findings of its rule at its
// place and no other, and a line that excuses nothing is a finding itself; so the list only
// shrinks, and is empty when the work is done. Functions without state, thread-safe.
#pragma once

#include "absl/types/span.h"
#include "tests/tidy/tree.h"

namespace vivier::tidy {

struct NotYet {
  const char* rule;
  const char* where;
  const char* why;  // what is to be done
};

absl::Span<const NotYet> NotYetList();

// Those of `findings` that no line of `list` excuses, and the lines that excuse none.
Findings Unexcused(const Findings& findings, absl::Span<const NotYet> list);

}  // namespace vivier::tidy
