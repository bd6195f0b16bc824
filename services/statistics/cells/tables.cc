#include "services/statistics/cells/tables.h"

#include <algorithm>

namespace vivier::statistics {
namespace {

const Dimension& LearnerState() {
  static const auto& dimension = *new Dimension{
      "state",
      {"in-training", "finished", "left-for-job", "left-for-training", "dropped-out", "no-show"}};
  return dimension;
}
const Dimension& Gender() {
  static const auto& dimension = *new Dimension{"gender", {"woman", "man", "other", "unknown"}};
  return dimension;
}
const Dimension& AgeBand() {
  static const auto& dimension =
      *new Dimension{"age", {"under-26", "from-26-to-44", "from-45", "unknown"}};
  return dimension;
}
// Up to the baccalaureate is level 4 of the European scale.
const Dimension& EducationLevel() {
  static const auto& dimension = *new Dimension{"level", {"up-to-4", "from-5", "unknown"}};
  return dimension;
}
// The official geographic code of 2016 (COG, Insee): regions, then territories overseas; 99 is
// abroad.
const Dimension& Region() {
  static const auto& dimension = *new Dimension{
      "region", {"01",  "02",  "03",  "04",  "06",  "11",  "24", "27",     "28",  "32",
                 "44",  "52",  "53",  "75",  "76",  "84",  "93", "94",     "975", "977",
                 "978", "984", "986", "987", "988", "989", "99", "unknown"}};
  return dimension;
}

std::vector<TableDefinition> TillInvoices() {
  const Dimension step{"step", {"submitted", "rejected"}};
  return {
      {"applications",
       true,
       {step},
       "applications",
       "selectivity; fill rate of a call for applications",
       ""},
      {"applications-by-age", true, {AgeBand()}, "applications", "selection bias by age", ""},
      {"applications-by-gender", true, {Gender()}, "applications", "selection bias by gender", ""},
      {"applications-by-level",
       true,
       {EducationLevel()},
       "applications",
       "selection bias by level of education",
       ""},
      {"applications-by-region",
       true,
       {Region()},
       "applications",
       "where candidates live, for regional councils",
       ""},
      {"certificates",
       true,
       {{"result", {"full", "partial", "none"}}},
       "persons",
       "certification rates (Qualiopi 3)",
       ""},
      {"contracts",
       true,
       {{"event", {"signed", "broken"}}},
       "contracts",
       "contract break rate",
       ""},
      {"earnings",
       true,
       {{"measure", {"earned"}}},
       "euro cents",
       "consumption of funding agreements",
       "",
       true},
      {"invoices",
       false,
       {{"measure", {"issued", "total-cents"}}},
       "invoices, euro cents",
       "invoiced money",
       "",
       true},
  };
}

std::vector<TableDefinition> OfLearners() {
  return {
      {"learners", true, {LearnerState()}, "persons", "completion and drop-out (Qualiopi 2)", ""},
      {"learners-by-age",
       true,
       {LearnerState(), AgeBand()},
       "persons",
       "who completes, by age (ESF+)",
       "learners"},
      {"learners-by-gender",
       true,
       {LearnerState(), Gender()},
       "persons",
       "who completes, by gender (label of the trade)",
       "learners"},
      {"learners-by-level",
       true,
       {LearnerState(), EducationLevel()},
       "persons",
       "access of low levels of education",
       "learners"},
      {"learners-by-region",
       true,
       {LearnerState(), Region()},
       "persons",
       "where learners live, for regional councils",
       "learners"},
  };
}

std::vector<TableDefinition> FromMinutes() {
  const Dimension months{"months", {"0", "3", "6", "12"}};
  const Dimension situation{
      "situation",
      {"employed-in-training", "employed", "in-training", "self-employed", "seeking", "other"}};
  return {
      {"minutes", true, {{"measure", {"due", "present"}}}, "minutes", "attendance rate", ""},
      {"outcomes",
       true,
       {months, situation},
       "persons",
       "what became of learners 0, 3, 6 and 12 months after",
       ""},
      {"presence", true, {{"measure", {"entries"}}}, "presence entries", "half-days proved", ""},
      {"seats",
       true,
       {{"measure", {"opened", "funded"}}},
       "seats",
       "fill rate, by seats opened and funded",
       ""},
  };
}

// In the order of their names.
std::vector<TableDefinition> Declare() {
  std::vector<TableDefinition> tables = TillInvoices();
  for (const auto& group : {OfLearners(), FromMinutes()})
    tables.insert(tables.end(), group.begin(), group.end());
  return tables;
}

}  // namespace

absl::Span<const TableDefinition> DeclaredTables() {
  static const auto& tables = *new std::vector<TableDefinition>(Declare());
  return tables;
}

const TableDefinition* FindTable(const std::string& id) {
  for (const TableDefinition& table : DeclaredTables())
    if (table.id == id) return &table;
  return nullptr;
}

bool FitsTable(const TableDefinition& table, const std::vector<std::string>& values) {
  if (values.size() != table.dimensions.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::vector<std::string>& declared = table.dimensions[i].values;
    if (std::find(declared.begin(), declared.end(), values[i]) == declared.end()) return false;
  }
  return true;
}

}  // namespace vivier::statistics
