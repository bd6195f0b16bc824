// The grammar of LHÉO 2.3 as data: which elements stand in which, how often, how long. Immutable,
// thread-safe.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::curriculum {

inline constexpr int kLheoUnbounded = std::numeric_limits<int>::max();

struct LheoChild {
  std::string name;
  int least = 1;
  int most = 1;
};

struct LheoElement {
  enum Kind { kSequence, kText, kNumber, kDate, kKey, kAny };
  Kind kind = kAny;
  std::vector<LheoChild> children;  // of a sequence, in order
  int least = 0;                    // characters of a text, or the bounds of a number
  int most = 0;
  std::vector<std::string> keys;  // of a key: its table
  bool needs_ref = false;         // the attribute ref, a thesaurus version, is mandatory

  // The place of a child among the children, <extras> being the last; -1 when it may not stand
  // here.
  int OrderOf(absl::string_view child) const;
};

// The element, or null when LHÉO has none of this name.
const LheoElement* FindLheoElement(absl::string_view name);

}  // namespace vivier::curriculum
