// The rules that a pattern in a line can break, and how a file begins. Each says why it exists.
// Functions without state, thread-safe.
#pragma once

#include "absl/types/span.h"
#include "tests/tidy/tree.h"

namespace vivier::tidy {

// A rule forbids a pattern in the lines of the files whose path matches `files` and not `except`.
struct TextRule {
  const char* name;
  const char* why;
  const char* files;
  const char* except;
  const char* forbidden;
};

absl::Span<const TextRule> TextRules();

Findings CheckText(const Tree& tree);

// FilesSayWhatTheyAre: the first lines of a header say what it is and who may call it from which
// thread; a reader begins there.
Findings CheckOpenings(const Tree& tree);

}  // namespace vivier::tidy
