// Reads the state diagrams that stand in comments of headers, to compare them with the rows of
// shared/base/transition.h:
//
//   Invoice  new ─CreateInvoice▶ DRAFT ─IssueInvoice▶ ISSUED
//            DRAFT, ISSUED ─Forget, Lose▶ GONE
//
// A line is a path: states, an arrow with its acts, states, and so on; several states or acts are
// separated by commas. A word of small and capital letters before a path names the machine, whose
// diagram goes on to the next name or the end of the comment. Functions without state, thread-safe.
#pragma once

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/transition.h"

namespace vivier::testing {

// "DRAFT IssueInvoice ISSUED" for each arrow of the machine's diagram in `text`, a header.
std::set<std::string> ReadDiagram(const std::string& text, const std::string& machine);

// The same of the rows; `name` gives a state's name.
template <class State, size_t kRows, class Name>
std::set<std::string> RowsOf(const Transition<State> (&rows)[kRows], const Name& name) {
  std::set<std::string> arrows;
  for (const Transition<State>& row : rows) {
    const auto word = [&](State state) {
      return static_cast<int>(state) == 0 ? std::string("new") : std::string(name(state));
    };
    arrows.insert(absl::StrCat(word(row.from), " ", row.act, " ", word(row.to)));
  }
  return arrows;
}

// The text of a file of ours, by its path from the root of the repository.
std::string ReadSource(const std::string& path);

}  // namespace vivier::testing
