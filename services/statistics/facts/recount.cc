#include "services/statistics/facts/recount.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/for_each.h"
#include "services/statistics/cells/rules.h"
#include "shared/base/resource_name.h"
#include "vivier/statistics/v1/cells.pb.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::statistics {
namespace {

using rpc::Breaches;
using storage::Transaction;

using Counted = std::map<std::string, int64_t>;  // by the id of a cell

// Tables of which every counted fact is remembered, or, for erased learners, the sum of what was.
const std::set<std::string>& RecountedTables() {
  static const auto& tables = *new std::set<std::string>{
      "learners",           "learners-by-age", "learners-by-gender", "learners-by-level",
      "learners-by-region", "minutes",         "presence",           "seats",
      "outcomes",           "certificates"};
  return tables;
}

void Add(const std::string& table, const std::string& value, const std::string& cohort,
         int64_t count, Counted& counted) {
  counted[CellId({{table, {value}}, cohort, count})] += count;
}

// "ai-1" of the fact schools/nancy/sheetFacts/ai-1.2026-09-07-am.
std::string CohortOfFact(const std::string& name) {
  const std::string id = IdInSchool(name);
  return id.substr(0, id.find('.'));
}

absl::StatusOr<Counted> Recount(Transaction& transaction) {
  Counted counted;
  RETURN_IF_ERROR(
      ForEach<v1::CohortFact>(transaction, "cohortFacts", [&](const v1::CohortFact& fact) {
        Add("seats", "opened", IdInSchool(fact.name()), fact.capacity(), counted);
      }));
  RETURN_IF_ERROR(ForEach<v1::SeatFact>(transaction, "seatFacts", [&](const v1::SeatFact& fact) {
    Add("seats", "funded", fact.cohort(), fact.funded() && !fact.released() ? 1 : 0, counted);
  }));
  RETURN_IF_ERROR(
      ForEach<v1::LearnerFact>(transaction, "learnerFacts", [&](const v1::LearnerFact& fact) {
        for (const Change& change : CountOf(fact)) counted[CellId(change)] += change.delta;
      }));
  RETURN_IF_ERROR(
      ForEach<v1::LearnerResult>(transaction, "learnerResults", [&](const v1::LearnerResult& fact) {
        for (const Change& change : CountOf(fact)) counted[CellId(change)] += change.delta;
      }));
  RETURN_IF_ERROR(ForEach<v1::BaseCell>(transaction, "baseCells", [&](const v1::BaseCell& base) {
    for (const v1::BaseCount& one : base.counts()) counted[one.cell()] += one.count();
  }));
  RETURN_IF_ERROR(ForEach<v1::SheetFact>(transaction, "sheetFacts", [&](const v1::SheetFact& fact) {
    const std::string cohort = CohortOfFact(fact.name());
    Add("minutes", "due", cohort, fact.minutes_due(), counted);
    Add("minutes", "present", cohort, fact.minutes_present(), counted);
    Add("presence", "entries", cohort, fact.entries(), counted);
  }));
  return counted;
}

}  // namespace

absl::StatusOr<Breaches> CheckCells(Transaction& transaction) {
  ASSIGN_OR_RETURN(Counted counted, Recount(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(ForEach<v1::Cell>(transaction, "cells", [&](const v1::Cell& cell) {
    if (RecountedTables().count(cell.table_id()) == 0) return;
    ++breaches.checked;
    const int64_t expected = std::exchange(counted[IdInSchool(cell.name())], 0);
    if (cell.count() != expected)
      breaches.Add(cell.name(),
                   absl::StrCat("counts ", cell.count(), ", its facts say ", expected));
  }));
  for (const auto& [id, count] : counted)
    if (count != 0)
      breaches.Add(absl::StrCat("schools/", transaction.school(), "/cells/", id),
                   absl::StrCat("is missing, its facts say ", count));
  return breaches;
}

}  // namespace vivier::statistics
