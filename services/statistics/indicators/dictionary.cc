#include "services/statistics/indicators/dictionary.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"

namespace vivier::statistics {
namespace {

// The texts of the table's fact for which a decision answers so.
std::vector<std::string> Answered(const rules::Table& table, absl::string_view decision,
                                  absl::string_view fact, absl::string_view answer,
                                  const rules::Value& value) {
  std::vector<std::string> texts;
  for (const std::string& text : table.facts[static_cast<size_t>(table.FactIndex(fact))].domain) {
    const rules::Facts facts = rules::Facts(table).With(fact, rules::Value::Text(text));
    if (rules::Decide(table, rules::Need(table, decision), facts.values(), 0).Get(answer) == value)
      texts.push_back(text);
  }
  return texts;
}

const std::vector<std::string>& Started() {
  static const auto& states = *new std::vector<std::string>(Answered(
      rules::Need("R-learner-state"), "started", "state", "started", rules::Value::Boolean(true)));
  return states;
}

const rules::Table& Outcomes() {
  static const rules::Table& table = rules::Need("R-positive-outcome");
  return table;
}

std::vector<std::string> SituationsOf(absl::string_view outcome_class) {
  return Answered(Outcomes(), "", "situation", "class", rules::Value::Text(outcome_class));
}

// The months of the rates, the fewest first.
const std::vector<std::string>& Months() {
  static const auto& months = []() -> const std::vector<std::string>& {
    auto& result = *new std::vector<std::string>(
        rules::NeedParameter(Outcomes(), "months").versions.back().value.members());
    std::sort(result.begin(), result.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return result;
  }();
  return months;
}

std::vector<NamedCount> MakeCounts() {
  std::vector<NamedCount> counts = {
      {"submitted", "applications", {{"submitted"}}},
      {"admitted", "learners", {{}}},
      {"started", "learners", {Started()}},
      {"no-show", "learners", {{"no-show"}}},
      {"in-training", "learners", {{"in-training"}}},
      {"finished", "learners", {{"finished"}}},
      {"left-for-job", "learners", {{"left-for-job"}}},
      {"left-for-training", "learners", {{"left-for-training"}}},
      {"dropped-out", "learners", {{"dropped-out"}}},
      {"presented", "certificates", {{}}},
      {"certified", "certificates", {{"full"}}},
      {"partly-certified", "certificates", {{"partial"}}},
      {"not-certified", "certificates", {{"none"}}},
      {"women-started", "learners-by-gender", {Started(), {"woman"}}},
      {"women-submitted", "applications-by-gender", {{"woman"}}},
      {"under-26-started", "learners-by-age", {Started(), {"under-26"}}},
      {"from-45-started", "learners-by-age", {Started(), {"from-45"}}},
      {"up-to-level-4-started", "learners-by-level", {Started(), {"up-to-4"}}},
      {"seats-opened", "seats", {{"opened"}}},
      {"seats-funded", "seats", {{"funded"}}},
      {"minutes-due", "minutes", {{"due"}}},
      {"minutes-present", "minutes", {{"present"}}},
      {"contracts-signed", "contracts", {{"signed"}}},
      {"contracts-broken", "contracts", {{"broken"}}},
  };
  for (const std::string& months : Months()) {
    counts.push_back(
        {absl::StrCat("positive-", months),
         "outcomes",
         {{months},
          Answered(Outcomes(), "", "situation", "positive", rules::Value::Boolean(true))}});
    counts.push_back(
        {absl::StrCat("employed-", months), "outcomes", {{months}, SituationsOf("EMPLOYED")}});
    counts.push_back(
        {absl::StrCat("studying-", months), "outcomes", {{months}, SituationsOf("STUDYING")}});
    counts.push_back(
        {absl::StrCat("other-", months), "outcomes", {{months}, SituationsOf("OTHER")}});
  }
  return counts;
}

std::vector<Partition> MakePartitions() {
  std::vector<Partition> partitions = {
      {"submitted", {"admitted", "not-admitted"}, "not-admitted", ""},
      {"admitted", {"started", "no-show"}, "", ""},
      {"started",
       {"in-training", "finished", "left-for-job", "left-for-training", "dropped-out"},
       "",
       ""},
      {"presented", {"certified", "partly-certified", "not-certified"}, "", ""},
      {"started", {"certified", "started-not-certified"}, "started-not-certified", ""},
      {"started", {"women-started", "others-started"}, "others-started", ""},
      {"submitted", {"women-submitted", "others-submitted"}, "others-submitted", ""},
      {"started",
       {"under-26-started", "from-45-started", "between-started"},
       "between-started",
       ""},
      {"started", {"up-to-level-4-started", "other-level-started"}, "other-level-started", ""},
      {"minutes-due", {"minutes-present", "minutes-absent"}, "minutes-absent", "started"},
      {"contracts-signed", {"contracts-broken", "contracts-kept"}, "contracts-kept", ""},
  };
  for (const std::string& m : Months()) {
    partitions.push_back({"positive-" + m, {"employed-" + m, "studying-" + m}, "", ""});
    partitions.push_back(
        {"finished", {"positive-" + m, "other-" + m, "unknown-" + m}, "unknown-" + m, ""});
    partitions.push_back({"finished", {"studying-" + m, "leavers-" + m}, "leavers-" + m, ""});
    partitions.push_back({"leavers-" + m,
                          {"employed-" + m, "leavers-not-employed-" + m},
                          "leavers-not-employed-" + m,
                          ""});
    partitions.push_back({"leavers-not-employed-" + m, {"other-" + m, "unknown-" + m}, "", ""});
  }
  return partitions;
}

const rules::Table& Definition() {
  static const rules::Table& table = rules::Need("R-indicator");
  return table;
}

std::string UnlessNone(const rules::Value& value) {
  return value.text() == "none" || value.text() == "nothing" ? "" : value.text();
}

std::vector<Indicator> MakeIndicators() {
  const rules::Table& table = Definition();
  const rules::Decision& decision = rules::Need(table, "");
  std::vector<Indicator> indicators;
  for (const rules::Row& row : decision.rows) {
    const rules::Answer answer{&table, &decision, &row, 0};
    indicators.push_back({row.conditions[0].operands[0].value.text(),
                          static_cast<int>(row.conditions[1].operands[0].value.number()),
                          UnlessNone(answer.Get("above")), UnlessNone(answer.Get("below")),
                          UnlessNone(answer.Get("missing")), answer.Get("persons").number() == 1,
                          static_cast<int>(answer.Get("months").number()),
                          answer.Get("anchor").text() == "END", UnlessNone(answer.Get("lacks")),
                          answer.Get("population").text(), answer.Get("counted").text(),
                          answer.Get("of").text(), row.origin.source, row.valid});
  }
  return indicators;
}

}  // namespace

const std::vector<NamedCount>& NamedCounts() {
  static const auto& counts = *new std::vector<NamedCount>(MakeCounts());
  return counts;
}

const std::vector<Partition>& Partitions() {
  static const auto& partitions = *new std::vector<Partition>(MakePartitions());
  return partitions;
}

const std::vector<Indicator>& Indicators() {
  static const auto& indicators = *new std::vector<Indicator>(MakeIndicators());
  return indicators;
}

std::vector<const Indicator*> InForce(absl::CivilDay day) {
  std::vector<const Indicator*> found;
  for (const Indicator& indicator : Indicators())
    if (indicator.valid.Contains(rules::NumberOf(day))) found.push_back(&indicator);
  return found;
}

absl::CivilDay DueDate(const Indicator& indicator, absl::CivilDay start, absl::CivilDay end) {
  return AddMonths(indicator.from_end ? end : start, indicator.months);
}

absl::CivilDay DueDateOfYear(const Indicator& indicator, int year) {
  if (!indicator.from_end) return AddMonths(absl::CivilDay(year, 1, 1), indicator.months);
  const int64_t longest =
      rules::NeedParameter(Definition(), "training_months").versions.back().value.number();
  return AddMonths(absl::CivilDay(year, 12, 31), static_cast<int>(longest) + indicator.months);
}

double Weight(const std::string& count) {
  static const auto& weights = *new std::map<std::string, double>{
      {"started", 1000},    {"submitted", 900},        {"finished", 800}, {"presented", 700},
      {"minutes-due", 600}, {"contracts-signed", 500}, {"admitted", 200}};
  auto found = weights.find(count);
  return found == weights.end() ? 1 : found->second;
}

}  // namespace vivier::statistics
