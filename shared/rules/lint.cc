#include "shared/rules/lint.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/rules/condition.h"
#include "shared/rules/decide.h"
#include "shared/rules/points.h"

namespace vivier::rules {
namespace {

using Findings = std::vector<LintFinding>;

// Questions tried for one row; a decision that needs more is not for people to read.
constexpr int kTriesMax = 200'000;

std::string Named(const Decision& decision, size_t row) {
  return absl::StrCat(decision.name, decision.name.empty() ? "" : " ", "row ", row + 1);
}

bool Overlap(const Validity& a, const Validity& b) {
  return a.from <= b.until && b.from <= a.until;
}

// Looks for a question that the row answers.
class Search {
 public:
  enum Result { kReached, kCovered, kNever, kTooMany };

  Search(const Table& table, const Decision& decision, size_t row)
      : table_(table), decision_(decision), row_(row), facts_(table.facts.size()) {
    for (size_t i = 0; i < decision.facts.size(); ++i)
      points_.push_back(PointsOf(table, decision, i));
  }

  Result Run() {
    const Row& row = decision_.rows[row_];
    for (int64_t day : DaysOf(table_, decision_)) {
      if (!row.valid.Contains(day) || !table_.valid.Contains(day)) continue;
      day_ = day;
      if (Try(0)) return kReached;
      if (tries_ > kTriesMax) return kTooMany;
    }
    return before_.empty() ? kNever : kCovered;
  }
  // The rows that answer before it.
  const std::set<int>& before() const { return before_; }

 private:
  bool Try(size_t column) {
    if (column == points_.size()) {
      ++tries_;
      const int number = Decide(table_, decision_, facts_, day_).number;
      if (number == static_cast<int>(row_) + 1) return true;
      before_.insert(number);
      return false;
    }
    for (const Value& point : points_[column]) {
      if (tries_ > kTriesMax) return false;
      if (!Matches(table_, decision_.rows[row_].conditions[column], point, day_)) continue;
      facts_[static_cast<size_t>(decision_.facts[column])] = point;
      if (Try(column + 1)) return true;
    }
    return false;
  }

  const Table& table_;
  const Decision& decision_;
  const size_t row_;
  std::vector<Value> facts_;
  std::vector<std::vector<Value>> points_;
  std::set<int> before_;
  int64_t day_ = 0;
  int tries_ = 0;
};

// Whether an earlier row has the same conditions on a common day.
bool CheckDouble(const Table& table, const Decision& decision, size_t i, Findings& findings) {
  const Row& row = decision.rows[i];
  for (size_t j = 0; j < i; ++j) {
    const Row& other = decision.rows[j];
    if (!Overlap(row.valid, other.valid) ||
        ConditionsText(table, row) != ConditionsText(table, other))
      continue;
    findings.push_back({true, row.place.line,
                        absl::StrCat(Named(decision, i),
                                     row.answers == other.answers ? " repeats" : " contradicts",
                                     " row ", j + 1, ": the conditions are the same")});
    return true;
  }
  return false;
}

void CheckReached(const Table& table, const Decision& decision, size_t i, Findings& findings) {
  const int line = decision.rows[i].place.line;
  Search search(table, decision, i);
  switch (search.Run()) {
    case Search::kReached:
      return;
    case Search::kCovered:
      return findings.push_back(
          {true, line,
           absl::StrCat(Named(decision, i), " is never reached: before it answers row ",
                        absl::StrJoin(search.before(), ", "))});
    case Search::kNever:
      return findings.push_back({true, line, Named(decision, i) + " can never match"});
    case Search::kTooMany:
      return findings.push_back(
          {false, line,
           absl::StrCat(Named(decision, i), " was not reached in ", kTriesMax, " questions")});
  }
}

void CheckRows(const Table& table, Findings& findings) {
  for (const Decision& decision : table.decisions)
    for (size_t i = 0; i < decision.rows.size(); ++i)
      if (!CheckDouble(table, decision, i, findings)) CheckReached(table, decision, i, findings);
}

// The facts that an answer's words name in braces.
void AddNamed(const Table& table, const Decision& decision, std::set<int>& facts) {
  for (const Row& row : decision.rows)
    for (const Value& answer : row.answers)
      for (size_t i = 0; i < table.facts.size(); ++i)
        if (absl::StrContains(answer.text(), absl::StrCat("{", table.facts[i].name, "}")))
          facts.insert(static_cast<int>(i));
}

void CheckColumns(const Table& table, Findings& findings) {
  std::set<int> facts, answers;
  for (const Decision& decision : table.decisions) {
    AddNamed(table, decision, facts);
    facts.insert(decision.facts.begin(), decision.facts.end());
    answers.insert(decision.answers.begin(), decision.answers.end());
    for (size_t i = 0; i < decision.facts.size(); ++i) {
      const bool asked =
          std::any_of(decision.rows.begin(), decision.rows.end(),
                      [&](const Row& row) { return row.conditions[i].kind != Condition::kAny; });
      if (!asked)
        findings.push_back(
            {true, decision.place.line,
             absl::StrCat(decision.name, ": no row asks ",
                          table.facts[static_cast<size_t>(decision.facts[i])].name)});
    }
  }
  for (const auto& [fields, used] : {std::pair(&table.facts, &facts), {&table.answers, &answers}})
    for (size_t i = 0; i < fields->size(); ++i)
      if (used->count(static_cast<int>(i)) == 0)
        findings.push_back(
            {true, (*fields)[i].place.line, (*fields)[i].name + " is used by no decision"});
}

struct Span {
  Validity valid;
  int line;
};

void CheckSpans(std::vector<Span> spans, const std::string& what, Findings& findings) {
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.valid.from < b.valid.from; });
  for (size_t i = 1; i < spans.size(); ++i) {
    const Validity& before = spans[i - 1].valid;
    if (before.until >= spans[i].valid.from)
      findings.push_back(
          {true, spans[i].line,
           absl::StrCat(what, ": its days overlap those of line ", spans[i - 1].line)});
    else if (before.until + 1 < spans[i].valid.from)
      findings.push_back(
          {true, spans[i].line,
           absl::StrCat(what, ": days are missing after those of line ", spans[i - 1].line)});
  }
}

void CheckDays(const Table& table, Findings& findings) {
  for (const Parameter& parameter : table.parameters) {
    std::vector<Span> spans;
    for (const Version& version : parameter.versions)
      spans.push_back({version.valid, version.place.line});
    CheckSpans(std::move(spans), parameter.name, findings);
  }
  for (const Decision& decision : table.decisions) {
    std::map<std::string, std::vector<Span>> versions;  // of the same conditions
    for (const Row& row : decision.rows)
      versions[ConditionsText(table, row)].push_back({row.valid, row.place.line});
    for (auto& [conditions, spans] : versions) {
      const bool doubles = std::any_of(spans.begin() + 1, spans.end(), [&](const Span& span) {
        return Overlap(span.valid, (&span - 1)->valid);
      });
      if (!doubles) CheckSpans(spans, "the same conditions", findings);  // else it was found above
    }
  }
}

void CheckCases(const Table& table, Findings& findings) {
  for (const Decision& decision : table.decisions) {
    std::set<int> hit;
    for (const Case& one : decision.cases)
      hit.insert(Decide(table, decision, one.facts, one.day).number);
    for (size_t i = 0; i < decision.rows.size(); ++i)
      if (hit.count(static_cast<int>(i) + 1) == 0)
        findings.push_back(
            {true, decision.rows[i].place.line, Named(decision, i) + " is hit by no case"});
  }
  for (size_t i = 0; i < table.parameters.size(); ++i) {
    const bool tested = std::any_of(
        table.parameter_cases.begin(), table.parameter_cases.end(), [&](const Case& one) {
          return std::any_of(one.expected.begin(), one.expected.end(),
                             [&](const Case::Expected& expected) {
                               return expected.parameter == static_cast<int>(i);
                             });
        });
    if (!tested)
      findings.push_back({true, table.parameters[i].versions[0].place.line,
                          table.parameters[i].name + " has no row in `cases parameters`"});
  }
}

void Overdue(const Origin& origin, int line, const std::string& what, absl::CivilDay today,
             Findings& findings) {
  if (origin.review.has_value() && *origin.review < today)
    findings.push_back(
        {false, line,
         absl::StrCat(what, " was to be reviewed by ", absl::FormatCivilTime(*origin.review))});
}

}  // namespace

std::vector<LintFinding> OverdueReviews(const Table& table, absl::CivilDay today) {
  Findings findings;
  Overdue(table.origin, 1, "the table", today, findings);
  for (const Parameter& parameter : table.parameters)
    for (const Version& version : parameter.versions)
      if (version.origin.review != table.origin.review)
        Overdue(version.origin, version.place.line, parameter.name, today, findings);
  for (const Decision& decision : table.decisions)
    for (size_t i = 0; i < decision.rows.size(); ++i)
      if (decision.rows[i].origin.review != table.origin.review)
        Overdue(decision.rows[i].origin, decision.rows[i].place.line, Named(decision, i), today,
                findings);
  return findings;
}

std::vector<LintFinding> Lint(const Table& table, absl::CivilDay today) {
  Findings findings;
  CheckRows(table, findings);
  CheckColumns(table, findings);
  CheckDays(table, findings);
  CheckCases(table, findings);
  const Findings overdue = OverdueReviews(table, today);
  findings.insert(findings.end(), overdue.begin(), overdue.end());
  return findings;
}

}  // namespace vivier::rules
