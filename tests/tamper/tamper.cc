#include "tests/tamper/tamper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/relations/relations.h"

namespace vivier::testing {
namespace {

// What no table of the trade is: how far migrations are, and rows that any follower writes anew.
const std::set<std::string>& LeftAside() {
  static const auto& tables = *new std::set<std::string>{"migrations", "schema_migrations"};
  return tables;
}

}  // namespace

std::vector<Verdict> Tampering::Run(const std::string& service, const Snapshot& before) {
  service_ = service;
  declared_.clear();
  for (const relations::Line& line : relations::LinesOf(site_.house(service)))
    if (!line.from.empty()) declared_.insert({line.table, line.column});
  std::vector<Verdict> verdicts;
  for (const std::string& table : site_.Tables(service)) {
    if (LeftAside().count(table) > 0) continue;
    for (Verdict& verdict : RunTable(table, before)) verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

std::vector<Verdict> Tampering::RunTable(const std::string& name, const Snapshot& before) {
  const TableRows table = ReadTable(site_, service_, name, random_);
  const storage::Engine engine = site_.engine();
  std::vector<Verdict> verdicts;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    const std::string& what = table.columns[column].name;
    if (what == "school" || (what == "name" && table.schema != nullptr)) continue;
    verdicts.push_back(Try(
        table, what, [&, column](size_t row) { return OtherValues(table, row, column, engine); }));
  }
  const auto old = before.find(absl::StrCat(service_, ".", name));
  static const auto& none = *new std::map<std::string, storage::Row>;
  const auto& rows_before = old == before.end() ? none : old->second;
  verdicts.push_back(
      Try(table, "deleted", [&](size_t row) { return Deleted(table, row, engine); }));
  verdicts.push_back(
      Try(table, "doubled", [&](size_t row) { return Doubled(table, row, engine); }));
  verdicts.push_back(Try(table, "moved", [&](size_t row) { return Moved(table, row, engine); }));
  verdicts.push_back(
      Try(table, "put back", [&](size_t row) { return PutBack(table, row, rows_before, engine); }));
  return verdicts;
}

Verdict Tampering::Try(const TableRows& table, const std::string& what,
                       const ChangesOf& changes_of) {
  static const auto& of_rows = *new std::set<std::string>{"deleted", "doubled", "moved"};
  Verdict verdict{service_, table.table, what, 0, 0, false, ""};
  const std::string column = of_rows.count(what) > 0 ? "name" : what;
  verdict.declared = declared_.count({table.table, column}) > 0;
  const bool left_out =
      one_in_ > 1 && (!verdict.declared || random_() % static_cast<unsigned>(one_in_) != 0);
  if (left_out) return verdict;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    for (const storage::Connection::Statement& change : changes_of(row)) {
      const auto findings = site_.Tamper(service_, change);
      if (!findings.has_value()) continue;
      ++verdict.tried;
      if (findings->empty()) continue;
      if (verdict.found++ == 0) verdict.first_finding = findings->front();
    }
    if ((verdict.found > 0 && until_ == Until::kFound) || verdict.tried >= changes_max_) break;
  }
  return verdict;
}

std::string Report(const std::vector<Verdict>& verdicts) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> tables;
  for (const Verdict& verdict : verdicts) {
    const std::string outcome = verdict.tried == 0  ? "nothing to change"
                                : verdict.found > 0 ? "found"
                                : verdict.declared  ? "NOT FOUND"
                                                    : "not found, follows from nothing";
    const std::string share = verdict.tried > verdict.found && verdict.found > 0
                                  ? absl::StrCat(" (", verdict.found, " of ", verdict.tried, ")")
                                  : "";
    tables[absl::StrCat(verdict.service, ".", verdict.table)][outcome].push_back(
        absl::StrCat(verdict.what, share));
  }
  std::string report;
  for (const auto& [table, outcomes] : tables) {
    absl::StrAppend(&report, table, "\n");
    for (const auto& [outcome, columns] : outcomes)
      absl::StrAppend(&report, "  ", outcome, ": ", absl::StrJoin(columns, ", "), "\n");
  }
  return report;
}

std::vector<std::string> Missed(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> missed;
  for (const Verdict& verdict : verdicts)
    if (verdict.declared && verdict.tried > 0 && verdict.found == 0)
      missed.push_back(absl::StrCat(verdict.service, ".", verdict.table, ".", verdict.what));
  return missed;
}

}  // namespace vivier::testing
