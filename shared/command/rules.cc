#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/rules/cases.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "shared/rules/lint.h"
#include "shared/rules/mutants.h"
#include "shared/rules/reader.h"

namespace vivier::command {
namespace {

using rules::Compiled;
using rules::Decision;
using rules::Facts;
using rules::Table;

constexpr uint32_t kSeed = 1;

absl::CivilDay Today() { return absl::ToCivilDay(absl::Now(), absl::LocalTimeZone()); }

absl::StatusOr<Compiled> ReadFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return NotFound(path);  // a pipe never ends
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound(path);
  std::ostringstream text;
  text << file.rdbuf();
  absl::StatusOr<Table> table = rules::ReadTable(text.str());
  if (!table.ok())
    return absl::Status(table.status().code(), absl::StrCat(path, ": ", table.status().message()));
  return Compiled{path, *std::move(table)};
}

absl::Status NoRule(const std::string& name) {
  std::vector<std::string> keys;
  for (const Compiled& compiled : rules::CompiledTables()) keys.push_back(compiled.table.key);
  return cli::Misuse(absl::StrCat("there is no rule ", name, cli::DidYouMean(name, keys),
                                  " `vivier rules list` names them all"));
}

// The tables that are named: by key, of the program, or by the path of a file; all of the program
// when none is.
absl::StatusOr<std::vector<Compiled>> Named(const Arguments& names) {
  if (names.empty()) return rules::CompiledTables();
  std::vector<Compiled> tables;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".table")) {
      ASSIGN_OR_RETURN(Compiled table, ReadFile(name));
      tables.push_back(std::move(table));
      continue;
    }
    const auto& all = rules::CompiledTables();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Compiled& compiled) {
      return compiled.table.key == name;
    });
    if (found == all.end()) return NoRule(name);
    tables.push_back(*found);
  }
  return tables;
}

int List(const std::vector<Compiled>& tables) {
  for (const Compiled& compiled : tables) {
    const Table& table = compiled.table;
    size_t rows = 0;
    for (const Decision& decision : table.decisions) rows += decision.rows.size();
    std::cout << table.key << "  " << table.title << "\n  " << table.origin.source << "; "
              << table.origin.confirmed << "; review by "
              << absl::FormatCivilTime(*table.origin.review) << "\n  " << rows << " rows, "
              << table.parameters.size() << " parameters, " << rules::CountCases(table)
              << " cases, sha256 " << table.hash.substr(0, 16) << "\n";
  }
  return 0;
}

int LintAll(const std::vector<Compiled>& tables) {
  int errors = 0, warnings = 0;
  for (const Compiled& compiled : tables)
    for (const rules::LintFinding& finding : rules::Lint(compiled.table, Today())) {
      ++(finding.error ? errors : warnings);
      std::cout << compiled.path << ":" << finding.line << ": "
                << (finding.error ? "error: " : "warning: ") << finding.what << "\n";
    }
  std::cout << tables.size() << " tables, " << errors << " errors, " << warnings << " warnings\n";
  return errors == 0 ? 0 : 1;
}

int TestAll(const std::vector<Compiled>& tables) {
  int cases = 0, mutants = 0, failed = 0;
  const auto tell = [&](const std::string& path, int line, const std::string& what) {
    ++failed;
    std::cout << path << ":" << line << ": " << what << "\n";
  };
  for (const Compiled& compiled : tables) {
    const Table& table = compiled.table;
    cases += rules::CountCases(table);
    const std::vector<rules::CaseFailure> failures = rules::RunCases(table);
    for (const rules::CaseFailure& failure : failures)
      tell(compiled.path, failure.line, failure.what);
    if (!failures.empty()) continue;  // every mutant would seem noticed
    rules::ForEachMutant(table, kSeed, [&](const Table& mutant, const rules::Survivor& change) {
      ++mutants;
      if (rules::CasesHold(mutant))
        tell(compiled.path, change.line, change.what + ": no case notices");
    });
  }
  std::cout << tables.size() << " tables, " << cases << " cases, " << mutants << " mutants, "
            << failed << " failures\n";
  return failed == 0 ? 0 : 1;
}

absl::StatusOr<absl::CivilDay> DayAsked(const Line& line) {
  const std::string text = line.Text(cli::kOn);
  if (text.empty()) return Today();
  const absl::StatusOr<absl::CivilDay> day = rules::ReadDay(text);
  return day.ok() ? day : InvalidField("--on", day.status().message());
}

absl::Status NoFact(const Table& table, const std::string& name) {
  std::vector<std::string> facts;
  for (const rules::Field& fact : table.facts) facts.push_back(fact.name);
  return cli::Misuse(absl::StrCat("there is no fact ", name, cli::DidYouMean(name, facts), " ",
                                  table.key, " asks ", absl::StrJoin(facts, ", ")));
}

absl::Status SetFact(const Table& table, const std::string& word, Facts& facts) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(word, absl::MaxSplits('=', 1));
  const int index = table.FactIndex(parts.first);
  if (index < 0) return NoFact(table, parts.first);
  absl::StatusOr<rules::Value> value =
      rules::ReadValue(table.facts[static_cast<size_t>(index)].type, parts.second);
  if (!value.ok()) return InvalidField(parts.first, value.status().message());
  const absl::Status set = facts.Set(parts.first, *std::move(value));
  return set.ok() ? set : InvalidField(parts.first, set.message());
}

// KEY or KEY/DECISION, then fact=value.
absl::Status ExplainOne(const Line& line, const Arguments& words) {
  if (words.empty()) return InvalidField("key", "name a rule: vivier rules explain KEY fact=value");
  const std::pair<std::string, std::string> name =
      absl::EndsWith(words[0], ".table") ? std::pair(words[0], std::string())
                                         : absl::StrSplit(words[0], absl::MaxSplits('/', 1));
  ASSIGN_OR_RETURN(const std::vector<Compiled> tables, Named({name.first}));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayAsked(line));
  const Table& table = tables[0].table;
  Facts facts(table);
  for (size_t i = 1; i < words.size(); ++i) RETURN_IF_ERROR(SetFact(table, words[i], facts));
  if (!name.second.empty() && table.FindDecision(name.second) == nullptr) return NotFound(words[0]);
  std::cout << table.key << ": " << table.title << ", on " << absl::FormatCivilTime(day) << "\n  "
            << table.origin.source << "; " << table.origin.confirmed << "; sha256 " << table.hash
            << "\n";
  for (const std::string& code : table.code) std::cout << "  not in rows: " << code << "\n";
  for (const Decision& decision : table.decisions) {
    if (!name.second.empty() && decision.name != name.second) continue;
    std::cout << (decision.name.empty() ? "decision" : decision.name) << "\n";
    for (const std::string& line : rules::Explain(table, decision, facts, day))
      std::cout << "  " << line << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> Rules(const Line& line, Modules) {
  const std::string verb = line.Argument(0);
  const Arguments rest(line.arguments().begin() + 1, line.arguments().end());
  if (verb == "explain") {
    RETURN_IF_ERROR(ExplainOne(line, rest));
    return 0;
  }
  ASSIGN_OR_RETURN(const std::vector<Compiled> tables, Named(rest));
  return verb == "list" ? List(tables) : verb == "lint" ? LintAll(tables) : TestAll(tables);
}

}  // namespace vivier::command
