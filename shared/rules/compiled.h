// The rule tables of services/<service>/rules/R-*.table and of services/<service>/<part>/rules,
// which the build compiles into the program, read once. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/rules/table.h"

namespace vivier::rules {

struct CompiledText {
  std::string path;  // "services/partners/contracts/rules/R-tutor.table"
  std::string text;
};
// Written by the build, in the order of the paths.
const std::vector<CompiledText>& CompiledTexts();

struct Compiled {
  std::string path;
  Table table;
};
// Every table of the program. The first call reads them; one that cannot be read, whose key is not
// its file's name or is another's too, ends the process, saying which: a program that lost a rule
// serves nobody.
const std::vector<Compiled>& CompiledTables();

// Null where the program has none.
const Table* FindTable(absl::string_view key);

// For code that rests on a table: one that is missing ends the process. Keep the reference.
const Table& Need(absl::string_view key);
const Decision& Need(const Table& table, absl::string_view decision);
const Parameter& NeedParameter(const Table& table, absl::string_view name);

}  // namespace vivier::rules
