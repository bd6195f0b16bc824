// A state machine as rows: in which state an act may be done, and where it leads. The rows stand
// beside a diagram that a test reads (tests/support/state_diagram.h), so neither can say more than
// the other. An act with several rows from one state leads to one of them, as its rule decides.
// STATE_UNSPECIFIED, "new" in a diagram, is the state of what does not exist yet. Pure functions,
// thread-safe.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace vivier {

template <class State>
struct Transition {
  State from;
  absl::string_view act;
  State to;
};

// Whether `act` may be done in `from`.
template <class State, size_t kRows>
constexpr bool MayDo(const Transition<State> (&rows)[kRows], State from, absl::string_view act) {
  for (const Transition<State>& row : rows) {
    if (row.from == from && row.act == act) return true;
  }
  return false;
}

}  // namespace vivier
