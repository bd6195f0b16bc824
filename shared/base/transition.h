// A state machine as rows: in which state an act may be done, and where it leads. The rows stand
// beside a diagram that a test reads (tests/support/state_diagram.h), so neither can say more than
// the other. An act with several rows from one state leads to one of them, as its rule decides.
// STATE_UNSPECIFIED, "new" in a diagram, is the state of what does not exist yet. Pure functions,
// thread-safe.
#pragma once

#include <cstddef>
#include <optional>

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

// Where `act` leads from `from`, or nothing where it may not be done. The act leads to one state
// from there: of several rows the first counts.
template <class State, size_t kRows>
constexpr std::optional<State> StateAfter(const Transition<State> (&rows)[kRows], State from,
                                          absl::string_view act) {
  for (const Transition<State>& row : rows) {
    if (row.from == from && row.act == act) return row.to;
  }
  return std::nullopt;
}

}  // namespace vivier
