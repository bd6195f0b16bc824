#include "services/statistics/network/plausible.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"

namespace vivier::statistics {
namespace {

using rules::Value;

// What a year counts in a table, of these values of its first dimension; of all when there is none.
struct Sum {
  const char* table;
  std::vector<std::string> values;
};
struct Part {
  Sum part, whole;
  bool one_log;
};

const std::vector<Part>& Parts() {
  static const auto& parts = *new std::vector<Part>{
      {{"applications", {"rejected"}}, {"applications", {"submitted"}}, true},
      {{"contracts", {"broken"}}, {"contracts", {"signed"}}, true},
      {{"minutes", {"present"}}, {"minutes", {"due"}}, true},
      {{"certificates", {}}, {"learners", {}}, false},
      {{"seats", {"funded"}}, {"seats", {"opened"}}, false},
  };
  return parts;
}

// By which a year is compared with what it was.
const std::vector<Sum>& Compared() {
  static const auto& sums =
      *new std::vector<Sum>{{"learners", {}}, {"applications", {"submitted"}}};
  return sums;
}

int64_t Of(const Counts& counts, const Sum& sum) {
  int64_t result = 0;
  for (const auto& [cell, count] : counts) {
    if (cell.table != sum.table) continue;
    if (sum.values.empty() ||
        std::find(sum.values.begin(), sum.values.end(), cell.values.front()) != sum.values.end())
      result += count;
  }
  return result;
}

std::string NameOf(const Sum& sum) {
  return sum.values.empty() ? sum.table : absl::StrCat(sum.table, " ", sum.values.front());
}

std::string UnitOf(const TableDefinition& table) {
  if (absl::StrContains(table.unit, "cents")) return "MONEY";
  if (table.unit == "minutes" || table.unit == "presence entries") return "TIME";
  return table.unit == "applications" ? "APPLICATIONS" : "HEADS";
}

class Judge {
 public:
  explicit Judge(const Plausible& figures) : figures_(figures) {}

  std::vector<Finding> Run() {
    Ask("revision", Facts().With("revisions", Value::Integer(figures_.revisions)), "the revision");
    for (const auto& [year, counts] : figures_.years) {
      JudgeYear(year, counts);
      JudgeChange(year, counts);
    }
    if (figures_.before != nullptr)
      for (const auto& [year, counts] : *figures_.before)
        if (figures_.years.count(year) == 0) JudgeChange(year, {});
    return std::move(findings_);
  }

 private:
  rules::Facts Facts() const { return rules::Facts(table_); }

  void Ask(const char* decision, const rules::Facts& facts, const std::string& what) {
    const rules::Answer answer =
        rules::Decide(table_, rules::Need(table_, decision), facts.values(), 0);
    if (!answer) return;
    findings_.push_back(
        {answer.Get("verdict").text() == "FLAG" ? Verdict::kFlag : Verdict::kQuarantine,
         absl::StrCat(answer.Get("finding").text(), ": ", what)});
  }

  void JudgeYear(int year, const Counts& counts) {
    if (year != 0)
      Ask("year",
          Facts()
              .With("year", Value::Integer(year))
              .With("years_ahead", Value::Integer(year - figures_.this_year)),
          absl::StrCat(year));
    for (const auto& [cell, count] : counts)
      Ask("count",
          Facts()
              .With("unit", Value::Text(UnitOf(*FindTable(cell.table))))
              .With("count", Value::Integer(count)),
          absl::StrCat(cell.table, " ", year, " ", absl::StrJoin(cell.values, " ")));
    for (const Part& part : Parts())
      Ask("part",
          Facts()
              .With("excess", Value::Integer(Of(counts, part.part) - Of(counts, part.whole)))
              .With("one_log", Value::Boolean(part.one_log)),
          absl::StrCat(NameOf(part.part), " ", year, ", of ", NameOf(part.whole)));
  }

  void JudgeChange(int year, const Counts& counts) {
    if (figures_.before == nullptr) return;
    const auto known = figures_.before->find(year);
    if (known == figures_.before->end()) return;
    for (const Sum& sum : Compared()) {
      const int64_t before = Of(known->second, sum), after = Of(counts, sum);
      if (before <= 0) continue;
      Ask("change",
          Facts()
              .With("before", Value::Integer(before))
              .With("after", Value::Integer(after))
              .With("percent", Value::Integer(after * 100 / before)),
          absl::StrCat(NameOf(sum), " ", year, ", from ", before, " to ", after));
    }
  }

  const Plausible& figures_;
  const rules::Table& table_ = rules::Need("R-plausible");
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Implausible(const Plausible& figures) { return Judge(figures).Run(); }

}  // namespace vivier::statistics
