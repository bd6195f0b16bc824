// How big a thing may be, so that it is read to its end: lines, files, functions, classes, folders.
// C++ is not parsed but counted: the layout is clang-format's, so a scope is what stands between
// braces, and what stands before the brace says of what kind it is. Functions without state,
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/tidy/tree.h"

namespace vivier::tidy {

constexpr size_t kFileLinesMax = 500;
// A contract is mostly comments, and is read beside its rpcs.
constexpr size_t kProtoLinesMax = 1000;
// Two files beside each other on a screen.
constexpr size_t kColumnsMax = 100;
// What a screen shows.
constexpr size_t kFunctionLinesMax = 60;
// What a class does is said in one sentence; one of more functions is several.
constexpr size_t kClassFunctionsMax = 20;
// What is found by looking; a folder of more becomes parts.
constexpr size_t kFolderUnitsMax = 15;

struct Function {
  std::string name;  // "Money::Reserve", "TEST(Money, Reserves)"
  size_t line;       // where it begins, from 1
  size_t lines;      // with its signature and its last brace
};

struct Class {
  std::string name;
  size_t line;
  // Declared in its body, whether defined there or not. Constructors, destructors and operators do
  // not count: they say what kind of value it is, not what it does. Neither do nested classes'.
  size_t functions;
};

struct Shapes {
  std::vector<Function> functions;
  std::vector<Class> classes;
};

// Of a C++ text.
Shapes ShapesOf(const std::string& text);

Findings CheckLines(const Tree& tree);      // LinesAreShort, FilesAreShort
Findings CheckFunctions(const Tree& tree);  // FunctionsFitAScreen
Findings CheckClasses(const Tree& tree);    // ClassesAreSmall

// A unit is a .cc with its .h and its tests: FoldersAreSmall.
Findings CheckUnits(const Tree& tree);

}  // namespace vivier::tidy
