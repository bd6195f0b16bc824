#include "services/statistics/indicators/dictionary.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
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

std::vector<Indicator> MakeIndicators() {
  const std::string qualiopi = "Référentiel national qualité, indicators 2 and 3";
  std::vector<Indicator> indicators = {
      {"admission-rate", 1, "admitted", "submitted", "", true, "admitted", "complete applications",
       qualiopi},
      {"no-show-rate", 1, "no-show", "admitted", "", true, "admitted but never came", "admitted",
       "this dictionary"},
      {"fill-rate-opened", 1, "started", "seats-opened", "", false, "started", "seats opened",
       "LHÉO, nombre de places"},
      {"fill-rate-funded", 1, "started", "seats-funded", "", false, "started",
       "seats with reserved money", "LHÉO, nombre de places financées"},
      {"completion-rate", 1, "finished", "started", "", true, "reached the end", "started",
       qualiopi},
      {"drop-out-rate", 1, "dropped-out", "started", "", true,
       "left before the end, not for a job or other training", "started", qualiopi},
      {"attendance-rate", 1, "minutes-present", "minutes-due", "", false,
       "minutes that two signatures prove", "minutes due", "Code du travail, R.6313-3"},
      {"certification-rate-presented", 1, "certified", "presented", "", true,
       "obtained the whole title", "presented to a jury", qualiopi},
      {"certification-rate-started", 1, "certified", "started", "", true,
       "obtained the whole title", "started",
       "this dictionary: does not reward presenting only the sure ones"},
      {"partial-certification-rate", 1, "partly-certified", "presented", "", true,
       "obtained at least one block, not the whole", "presented to a jury", qualiopi},
      {"women-share-started", 1, "women-started", "started", "", true, "women", "started",
       "ESF+ common indicators"},
      {"women-share-applications", 1, "women-submitted", "submitted", "", true, "women",
       "complete applications", "ESF+ common indicators"},
      {"under-26-share", 1, "under-26-started", "started", "", true, "under 26 on the first day",
       "started", "ESF+ common indicators"},
      {"from-45-share", 1, "from-45-started", "started", "", true, "45 and older on the first day",
       "started", "ESF+ common indicators"},
      {"up-to-level-4-share", 1, "up-to-level-4-started", "started", "", true,
       "highest level of education up to the baccalaureate", "started", "ESF+ common indicators"},
      {"contract-break-rate", 1, "contracts-broken", "contracts-signed", "", true,
       "contracts broken before their term", "contracts signed", "InserJeunes, taux de rupture"},
  };
  for (const std::string& m : Months()) {
    indicators.push_back(
        {absl::StrCat("positive-outcome-rate-", m), 1, "positive-" + m, "finished", "unknown-" + m,
         true, absl::StrCat("employed, self-employed or in training ", m, " months after"),
         "reached the end; unknown counts as not positive",
         "Grande École du Numérique, sorties positives"});
    indicators.push_back(
        {absl::StrCat("employment-rate-", m), 1, "employed-" + m, "leavers-" + m, "unknown-" + m,
         true, absl::StrCat("employed or self-employed ", m, " months after"),
         "reached the end and not in further training; unknown counts as not employed",
         "after InserJeunes' taux d'emploi; from own surveys, so not comparable with it"});
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

double Weight(const std::string& count) {
  static const auto& weights = *new std::map<std::string, double>{
      {"started", 1000},    {"submitted", 900},        {"finished", 800}, {"presented", 700},
      {"minutes-due", 600}, {"contracts-signed", 500}, {"admitted", 200}};
  auto found = weights.find(count);
  return found == weights.end() ? 1 : found->second;
}

}  // namespace vivier::statistics
