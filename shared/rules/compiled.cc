#include "shared/rules/compiled.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/rules/reader.h"

namespace vivier::rules {
namespace {

[[noreturn]] void Stop(absl::string_view path, absl::string_view what) {
  std::cerr << "a rule of the program is broken: " << path << ": " << what << "\n";
  std::abort();
}

std::vector<Compiled> ReadAll() {
  std::vector<Compiled> all;
  for (const CompiledText& compiled : CompiledTexts()) {
    absl::StatusOr<Table> table = ReadTable(compiled.text);
    if (!table.ok()) Stop(compiled.path, table.status().message());
    if (!absl::EndsWith(compiled.path, absl::StrCat("/", table->key, ".table")))
      Stop(compiled.path, absl::StrCat("its key is ", table->key));
    for (const Compiled& other : all)
      if (other.table.key == table->key)
        Stop(compiled.path, absl::StrCat("its key is that of ", other.path));
    all.push_back({compiled.path, *std::move(table)});
  }
  return all;
}

}  // namespace

const std::vector<Compiled>& CompiledTables() {
  static const auto& all = *new std::vector<Compiled>(ReadAll());
  return all;
}

const Table* FindTable(absl::string_view key) {
  for (const Compiled& compiled : CompiledTables())
    if (compiled.table.key == key) return &compiled.table;
  return nullptr;
}

const Table& Need(absl::string_view key) {
  const Table* table = FindTable(key);
  if (table == nullptr) Stop(key, "the table is missing");
  return *table;
}

const Decision& Need(const Table& table, absl::string_view decision) {
  const Decision* found = table.FindDecision(decision);
  if (found == nullptr) Stop(table.key, absl::StrCat("the decision ", decision, " is missing"));
  return *found;
}

const Parameter& NeedParameter(const Table& table, absl::string_view name) {
  const int index = table.ParameterIndex(name);
  if (index < 0) Stop(table.key, absl::StrCat("the parameter ", name, " is missing"));
  return table.parameters[static_cast<size_t>(index)];
}

}  // namespace vivier::rules
