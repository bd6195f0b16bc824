#include "services/statistics/cells/cells.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/find_or_make.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {
namespace {

using rpc::Call;

void Add(const v1::Cell& cell, Counts& counts) {
  counts[CellKey{cell.table_id(),
                 {cell.dimension_values().begin(), cell.dimension_values().end()}}] += cell.count();
}

}  // namespace

void Cells::AddTo(rpc::Service& service) {
  service.Standard(cells_).Keeps(cohorts_).React(*this, &Cells::OnCohortOpened);
}

absl::Status Cells::Apply(Call& call, const Changes& changes) {
  std::map<std::string, Change> by_cell;
  for (const Change& change : changes) {
    auto [found, inserted] = by_cell.emplace(CellId(change), change);
    if (!inserted) found->second.delta += change.delta;
  }
  bool moved = false;
  for (const auto& [id, change] : by_cell) {
    if (change.delta == 0) continue;
    ASSIGN_OR_RETURN(v1::Cell cell, FindOrMake(call, cells_, NameIn(call.school(), "cells", id)));
    cell.set_table_id(change.cell.table);
    cell.set_cohort(change.cohort);
    cell.mutable_dimension_values()->Assign(change.cell.values.begin(), change.cell.values.end());
    cell.set_count(cell.count() + change.delta);
    RETURN_IF_ERROR(Put(call, cells_, cell));
    moved = true;
  }
  return moved ? changed.Run(call) : absl::OkStatus();
}

absl::Status Cells::OnCohortOpened(Call& call, const enrolment::v1::CohortOpened& event) {
  ASSIGN_OR_RETURN(
      v1::CohortFact fact,
      FindOrMake(call, cohorts_, NameIn(call.school(), "cohortFacts", IdInSchool(event.cohort()))));
  const Changes changes = OpenCohort(event, fact);
  RETURN_IF_ERROR(Put(call, cohorts_, fact));
  return Apply(call, changes);
}

absl::Status Cells::AddCohort(Call& call, const std::string& cohort, Counts& counts) {
  ASSIGN_OR_RETURN(std::vector<v1::Cell> cells,
                   cells_.Select(call, "cohort = $2 ORDER BY name", {cohort}));
  for (const v1::Cell& cell : cells) Add(cell, counts);
  return absl::OkStatus();
}

absl::StatusOr<Counts> Cells::YearOf(Call& call, int year) {
  ASSIGN_OR_RETURN(
      std::vector<v1::CohortFact> cohorts,
      cohorts_.Select(call, "year = $2 ORDER BY name", {storage::Value(int64_t{year})}));
  Counts counts;
  for (const v1::CohortFact& cohort : cohorts)
    RETURN_IF_ERROR(AddCohort(call, IdInSchool(cohort.name()), counts));
  return counts;
}

absl::StatusOr<ByYear> Cells::AllYears(Call& call) {
  const std::string school = absl::StrCat("schools/", call.school());
  std::map<std::string, int> year_of;
  std::string token;
  do {
    ASSIGN_OR_RETURN(
        storage::Page<v1::CohortFact> page,
        cohorts_.List(call, school + "/cohortFacts", storage::kPageSizeMax, token, ""));
    for (const v1::CohortFact& cohort : page.items)
      year_of[IdInSchool(cohort.name())] = cohort.year();
    token = page.next_page_token;
  } while (!token.empty());
  ByYear years;
  do {
    ASSIGN_OR_RETURN(storage::Page<v1::Cell> page,
                     cells_.List(call, school + "/cells", storage::kPageSizeMax, token, ""));
    for (const v1::Cell& cell : page.items) {
      auto known = year_of.find(cell.cohort());
      Add(cell, years[known == year_of.end() ? 0 : known->second]);
    }
    token = page.next_page_token;
  } while (!token.empty());
  return years;
}

}  // namespace vivier::statistics
