#include "services/statistics/network/submission.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/statistics/network/plausible.h"
#include "shared/base/hash.h"

namespace vivier::statistics {
namespace {

// A few are enough for a person to see what went wrong.
constexpr size_t kFindingsMax = 20;

auto OrderOf(const v1::YearCell& cell) {
  return std::make_tuple(
      cell.table_id(), cell.year(),
      std::vector<std::string>(cell.dimension_values().begin(), cell.dimension_values().end()));
}

void CheckCell(const v1::YearCell& cell, std::vector<std::string>& findings) {
  const auto [id, year, values] = OrderOf(cell);
  const std::string where = absl::StrCat(id, " ", year, " ", absl::StrJoin(values, " "));
  const TableDefinition* table = FindTable(id);
  if (table == nullptr) {
    findings.push_back(absl::StrCat("the table is not declared: ", where));
    return;
  }
  if (!FitsTable(*table, values))
    findings.push_back(absl::StrCat("the values are not declared: ", where));
  if (!table->by_cohort && year != 0)
    findings.push_back(absl::StrCat("the table has no year: ", where));
  if (!table->may_be_negative && cell.count() < 0)
    findings.push_back(absl::StrCat("a count is negative: ", where));
}

// A division of a table sums to the table, value by value.
void CheckDivisions(const ByYear& years, std::vector<std::string>& findings) {
  for (const auto& [year, counts] : years) {
    for (const TableDefinition& table : DeclaredTables()) {
      if (table.divides.empty()) continue;
      std::map<std::string, int64_t> difference;  // by the first value
      for (const auto& [cell, count] : counts) {
        if (cell.table == table.id) difference[cell.values[0]] += count;
        if (cell.table == table.divides) difference[cell.values[0]] -= count;
      }
      for (const auto& [value, sum] : difference)
        if (sum != 0)
          findings.push_back(
              absl::StrCat(table.id, " ", year, " ", value, " does not sum to ", table.divides));
    }
  }
}

}  // namespace

YearCells ToCells(const ByYear& counts) {
  std::vector<v1::YearCell> cells;
  for (const auto& [year, of_year] : counts) {
    for (const auto& [key, count] : of_year) {
      if (count == 0) continue;
      v1::YearCell& cell = cells.emplace_back();
      cell.set_table_id(key.table);
      cell.set_year(year);
      for (const std::string& value : key.values) cell.add_dimension_values(value);
      cell.set_count(count);
    }
  }
  std::sort(cells.begin(), cells.end(),
            [](const auto& a, const auto& b) { return OrderOf(a) < OrderOf(b); });
  return {cells.begin(), cells.end()};
}

ByYear FromCells(const YearCells& cells) {
  ByYear counts;
  for (const v1::YearCell& cell : cells) {
    const auto [table, year, values] = OrderOf(cell);
    counts[year][CellKey{table, values}] += cell.count();
  }
  return counts;
}

std::string ContentHash(const YearCells& cells) {
  std::string text;
  for (const v1::YearCell& cell : ToCells(FromCells(cells))) {
    absl::StrAppend(&text, cell.table_id(), "\t", cell.year());
    for (const std::string& value : cell.dimension_values()) absl::StrAppend(&text, "\t", value);
    absl::StrAppend(&text, "\t", cell.count(), "\n");
  }
  return Hex(Sha256(text));
}

std::vector<std::string> Findings(const YearCells& cells, const std::string& content_hash) {
  std::vector<std::string> findings;
  if (ContentHash(cells) != content_hash)
    findings.push_back("the content is not what its hash says");
  std::set<decltype(OrderOf(cells[0]))> seen;
  for (const v1::YearCell& cell : cells) {
    CheckCell(cell, findings);
    if (!seen.insert(OrderOf(cell)).second)
      findings.push_back(absl::StrCat("a cell comes twice: ", cell.table_id()));
  }
  if (findings.empty()) CheckDivisions(FromCells(cells), findings);
  if (findings.size() > kFindingsMax) findings.resize(kFindingsMax);
  return findings;
}

Fate Compare(const v1::Submission* accepted, const v1::SubmitCellsRequest& request) {
  if (accepted == nullptr || request.epoch() > accepted->epoch()) return Fate::kAccept;
  if (request.epoch() < accepted->epoch()) return Fate::kEpochOver;
  if (request.revision() > accepted->revision()) return Fate::kAccept;
  if (request.revision() == accepted->revision() &&
      request.content_hash() != accepted->content_hash())
    return Fate::kReused;
  return Fate::kAlreadyThere;
}

Judgement Judge(const Counting& counting, const v1::SubmitCellsRequest& request) {
  Judgement judgement;
  switch (Compare(counting.accepted, request)) {
    case Fate::kEpochOver:
    case Fate::kAlreadyThere:
      judgement.counts_already = true;
      return judgement;
    case Fate::kReused:
      judgement.findings = {"this revision was accepted with another content"};
      break;
    case Fate::kAccept:
      judgement.findings = Findings(request.cells(), request.content_hash());
      break;
  }
  if (!judgement.findings.empty()) {
    judgement.state = v1::Submission::QUARANTINED;
    judgement.can_count = false;
    return judgement;
  }
  const bool same_epoch =
      counting.accepted != nullptr && counting.accepted->epoch() == request.epoch();
  const ByYear years = FromCells(request.cells());
  for (Finding& finding :
       Implausible({years, counting.accepted == nullptr ? nullptr : &counting.years,
                    request.revision() - (same_epoch ? counting.accepted->revision() : 0),
                    counting.this_year})) {
    if (finding.verdict == Verdict::kQuarantine) judgement.state = v1::Submission::QUARANTINED;
    judgement.findings.push_back(std::move(finding.text));
  }
  if (judgement.findings.size() > kFindingsMax) judgement.findings.resize(kFindingsMax);
  return judgement;
}

void Store(const Counts& counts, v1::SiteYear& row) {
  row.clear_cells();
  for (const auto& [key, count] : counts) {
    v1::StoredCell& cell = *row.add_cells();
    cell.set_table_id(key.table);
    for (const std::string& value : key.values) cell.add_dimension_values(value);
    cell.set_count(count);
  }
}

Counts Read(const v1::SiteYear& row) {
  Counts counts;
  for (const v1::StoredCell& cell : row.cells())
    counts[CellKey{cell.table_id(),
                   {cell.dimension_values().begin(), cell.dimension_values().end()}}] +=
        cell.count();
  return counts;
}

}  // namespace vivier::statistics
