// The files of the repository as the guards of tests/tidy read them, and what a guard finds. A
// guard is a function from a Tree to Findings; a test gives it our files, and a tree of one or two
// planted files that break its rule. Functions without state, thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::tidy {

// Text by path, relative to the root of the repository.
using Tree = std::map<std::string, std::string>;

struct Finding {
  std::string rule;
  std::string where;  // a path; a guard that counts within a file adds ":" and a name
  std::string what;
};
using Findings = std::vector<Finding>;

// Our own text files; what is vendored, built or installed is not ours. Ends the test program when
// VIVIER_SOURCE, which ctest sets, does not lead to the repository.
const Tree& OurTree();

// "services/funding" of "services/funding/rules.cc", "" of a file in the root.
std::string FolderOf(absl::string_view path);

bool IsCode(absl::string_view path);  // .h and .cc
bool IsTest(absl::string_view path);  // *_test.cc

std::vector<std::string> LinesOf(const std::string& text);

// The code of a C++ text: comments, what stands in quotes and preprocessor lines are blanks, so
// that braces, words and lines can be counted. Lines stay where they are.
std::string Blanked(const std::string& text);

// The paths in quotes that a C++ text includes.
std::vector<std::string> IncludesOf(const std::string& text);

// One line per finding, for a failure's message.
std::string Text(const Findings& findings);

}  // namespace vivier::tidy
