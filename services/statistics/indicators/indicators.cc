#include "services/statistics/indicators/indicators.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "services/statistics/indicators/dictionary.h"
#include "services/statistics/indicators/suppress.h"
#include "shared/base/date.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"

namespace vivier::statistics {
namespace {

using v1::IndicatorValue;

bool Takes(const NamedCount& count, const CellKey& cell) {
  if (cell.table != count.table) return false;
  for (size_t i = 0; i < count.values.size(); ++i) {
    const std::vector<std::string>& wanted = count.values[i];
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), cell.values[i]) == wanted.end())
      return false;
  }
  return true;
}

// R-disclosure, which holds for every edition.
struct Floors {
  const rules::Table& table = rules::Need("R-disclosure");
  const rules::Decision& whole = rules::Need(table, "whole");
  const rules::Decision& part = rules::Need(table, "part");

  rules::Facts Of(int64_t population, bool persons) const {
    return rules::Facts(table)
        .With("population", rules::Value::Integer(population))
        .With("persons", rules::Value::Boolean(persons));
  }
  rules::Answer Ask(const rules::Decision& decision, const rules::Facts& facts) const {
    return rules::Decide(table, decision, facts.values(), 0);
  }
};
const Floors& TheFloors() {
  static const Floors& floors = *new Floors();
  return floors;
}

IndicatorValue Blank(const Indicator& indicator, const std::string& site) {
  IndicatorValue value;
  value.set_indicator(indicator.id);
  value.set_definition_version(indicator.version);
  value.set_site(site);
  return value;
}

bool CannotBe(const Indicator& indicator, absl::CivilDay due, absl::CivilDay day) {
  return !indicator.lacks.empty() || day < due;
}

// An indicator of which nothing is told yet: what it rests on is not, or it is not due.
IndicatorValue Withheld(const Indicator& indicator, const std::string& site, absl::CivilDay due) {
  IndicatorValue value = Blank(indicator, site);
  value.set_missing_fact(indicator.lacks);
  value.set_suppressed_reason(indicator.lacks.empty() ? IndicatorValue::NOT_YET_DUE
                                                      : IndicatorValue::NOT_YET_MEASURED);
  if (indicator.lacks.empty()) *value.mutable_due_date() = ToDate(due);
  return value;
}

// Whoever did not answer is taken for none of those above, and for all of them.
void Bound(IndicatorValue& value) {
  const auto below = static_cast<double>(value.denominator());
  const auto missing = static_cast<double>(value.missing_count());
  value.set_response_rate((below - missing) / below);
  value.set_lower_bound(static_cast<double>(value.numerator()) / below);
  value.set_upper_bound((static_cast<double>(value.numerator()) + missing) / below);
}

void Rate(const Indicator& indicator, IndicatorValue& value) {
  if (!value.has_numerator() || !value.has_denominator()) return;
  if (value.denominator() <= 0) {
    value.set_suppressed_reason(IndicatorValue::NOTHING_COUNTED);
    return;
  }
  value.set_rate(static_cast<double>(value.numerator()) / static_cast<double>(value.denominator()));
  if (value.has_missing_count()) Bound(value);
  if (!indicator.persons) return;
  const Interval interval = Wilson(value.numerator(), value.denominator());
  value.set_rate_low(interval.low);
  value.set_rate_high(interval.high);
}

// Counts of several schools, tied by the dictionary's sums within each and, over schools, by the
// total.
class Publication {
 public:
  explicit Publication(const std::map<std::string, Counts>& sites) {
    Counts all;
    if (sites.size() > 1) groups_.push_back({"", {}});
    for (const auto& [site, counts] : sites) {
      for (const auto& [cell, count] : counts) all[cell] += count;
      groups_.push_back({site, Evaluate(counts)});
    }
    if (sites.size() > 1) groups_[0].values = Evaluate(all);
    if (groups_.empty()) return;
    for (const auto& [id, value] : groups_[0].values) {
      index_[id] = static_cast<int>(ids_.size());
      ids_.push_back(id);
    }
    Tie();
    HideSmall();
    for (size_t i = 0; i < reasons_.size(); ++i) hidden_.push_back(reasons_[i] != kShown);
    hidden_ = Suppress(tied_, hidden_);
  }

  std::vector<IndicatorValue> Show(int year, absl::CivilDay day) const {
    std::vector<IndicatorValue> result;
    for (size_t group = 0; group < groups_.size(); ++group) {
      for (const Indicator* indicator : InForce(day)) {
        const absl::CivilDay due = DueDateOfYear(*indicator, year);
        IndicatorValue& value = result.emplace_back(
            CannotBe(*indicator, due, day) ? Withheld(*indicator, groups_[group].site, due)
                                           : ShowOne(group, *indicator));
        value.set_year(year);
      }
    }
    return result;
  }

 private:
  struct Group {
    std::string site;
    Values values;
  };
  static constexpr auto kShown = IndicatorValue::SUPPRESSED_REASON_UNSPECIFIED;

  int At(size_t group, const std::string& count) const {
    return static_cast<int>(group * ids_.size()) + index_.at(count);
  }
  int64_t Value(size_t group, const std::string& count) const {
    return groups_[group].values.at(count);
  }

  void Tie() {
    for (size_t group = 0; group < groups_.size(); ++group) {
      for (const Partition& partition : Partitions()) {
        std::vector<int> sum = {At(group, partition.total)};
        for (const std::string& part : partition.parts) sum.push_back(At(group, part));
        tied_.sums.push_back(std::move(sum));
      }
      const bool total = groups_.size() > 1 && group == 0;
      for (const std::string& id : ids_)
        tied_.costs.push_back(
            Weight(id) * (total ? 1e6 : 1) *
            (1 + std::log1p(static_cast<double>(std::max<int64_t>(0, Value(group, id))))));
    }
    reasons_.assign(tied_.costs.size(), kShown);
    if (groups_.size() == 1) return;
    for (const std::string& id : ids_) {
      std::vector<int> sum;
      for (size_t group = 0; group < groups_.size(); ++group) sum.push_back(At(group, id));
      tied_.sums.push_back(std::move(sum));
    }
  }

  void Hide(size_t group, const std::string& count, IndicatorValue::SuppressedReason reason) {
    IndicatorValue::SuppressedReason& known = reasons_[static_cast<size_t>(At(group, count))];
    if (known == kShown) known = reason;
  }

  void HideSmall() {
    for (size_t group = 0; group < groups_.size(); ++group)
      for (const Partition& partition : Partitions()) HideSmallOf(group, partition);
  }

  void HideSmallOf(size_t group, const Partition& partition) {
    const bool persons = partition.persons.empty();
    const int64_t whole = Value(group, persons ? partition.total : partition.persons);
    const Floors& floors = TheFloors();
    rules::Facts facts = floors.Of(whole, persons);
    HideBy(group, partition, partition.total, floors.Ask(floors.whole, facts));
    for (const std::string& part : partition.parts) {
      const int64_t count = Value(group, part);
      facts.With("part", rules::Value::Integer(count))
          .With("rest", rules::Value::Integer(whole - count));
      HideBy(group, partition, part, floors.Ask(floors.part, facts));
    }
  }

  void HideBy(size_t group, const Partition& partition, const std::string& count,
              const rules::Answer& answer) {
    if (!answer) return;
    IndicatorValue::SuppressedReason reason = kShown;
    IndicatorValue::SuppressedReason_Parse(answer.Get("reason").text(), &reason);
    if (answer.Get("hide").text() == "CHEAPER")
      HideWithin(group, partition, count, reason);
    else
      Hide(group, count, reason);
  }

  // What separates a part from its whole is hidden with the one of the two that is missed less.
  void HideWithin(size_t group, const Partition& partition, const std::string& part,
                  IndicatorValue::SuppressedReason reason) {
    Hide(group, Weight(part) > Weight(partition.total) ? partition.total : part, reason);
  }

  bool Visible(size_t group, const std::string& count) const {
    return !hidden_[static_cast<size_t>(At(group, count))];
  }

  IndicatorValue::SuppressedReason ReasonOf(size_t group, const std::string& count) const {
    if (Visible(group, count)) return kShown;
    const IndicatorValue::SuppressedReason reason = reasons_[static_cast<size_t>(At(group, count))];
    return reason == kShown ? IndicatorValue::COMPLEMENTARY : reason;
  }

  IndicatorValue ShowOne(size_t group, const Indicator& indicator) const;

  std::vector<Group> groups_;
  std::vector<std::string> ids_;
  std::map<std::string, int> index_;
  Tied tied_;
  std::vector<IndicatorValue::SuppressedReason> reasons_;
  std::vector<bool> hidden_;
};

IndicatorValue Publication::ShowOne(size_t group, const Indicator& indicator) const {
  IndicatorValue value = Blank(indicator, groups_[group].site);
  if (Visible(group, indicator.numerator)) value.set_numerator(Value(group, indicator.numerator));
  if (Visible(group, indicator.denominator))
    value.set_denominator(Value(group, indicator.denominator));
  if (!indicator.missing.empty() && Visible(group, indicator.missing))
    value.set_missing_count(Value(group, indicator.missing));
  value.set_suppressed_reason(ReasonOf(group, indicator.denominator));
  if (value.suppressed_reason() == kShown)
    value.set_suppressed_reason(ReasonOf(group, indicator.numerator));
  Rate(indicator, value);
  return value;
}

// The cohorts of which an indicator is due, and from when on the next one is.
struct Due {
  Counts counts;
  int cohorts = 0;
  absl::CivilDay next = absl::CivilDay::max();
};
Due DueOf(const std::vector<OwnCohort>& cohorts, const Indicator& indicator, absl::CivilDay day) {
  Due due;
  for (const OwnCohort& cohort : cohorts) {
    if (indicator.months > 0) {
      if (!cohort.start.has_value() || !cohort.end.has_value()) continue;
      const absl::CivilDay from = DueDate(indicator, *cohort.start, *cohort.end);
      if (from > day) {
        due.next = std::min(due.next, from);
        continue;
      }
    }
    ++due.cohorts;
    for (const auto& [cell, count] : cohort.counts) due.counts[cell] += count;
  }
  return due;
}

}  // namespace

Values Evaluate(const Counts& counts) {
  Values values;
  for (const NamedCount& count : NamedCounts()) {
    int64_t& sum = values[count.id];
    for (const auto& [cell, value] : counts)
      if (Takes(count, cell)) sum += value;
  }
  for (const Partition& partition : Partitions()) {
    if (partition.rest.empty()) continue;
    int64_t rest = values.at(partition.total);
    for (const std::string& part : partition.parts)
      if (part != partition.rest) rest -= values.at(part);
    values[partition.rest] = rest;
  }
  return values;
}

std::vector<v1::IndicatorDefinition> Definitions() {
  std::vector<v1::IndicatorDefinition> definitions;
  for (const Indicator& indicator : Indicators()) {
    v1::IndicatorDefinition& definition = definitions.emplace_back();
    definition.set_id(indicator.id);
    definition.set_version(indicator.version);
    definition.set_numerator(indicator.numerator_words);
    definition.set_denominator(indicator.denominator_words);
    definition.set_source(indicator.source);
    definition.set_population(indicator.population);
    definition.set_anchor(indicator.from_end ? v1::IndicatorDefinition::END
                                             : v1::IndicatorDefinition::START);
    definition.set_due_months(indicator.months);
    definition.set_missing_fact(indicator.lacks);
    const rules::Validity always;
    const absl::CivilDay epoch(1970, 1, 1);
    if (indicator.valid.from != always.from)
      *definition.mutable_start_date() = ToDate(epoch + indicator.valid.from);
    if (indicator.valid.until != always.until)
      *definition.mutable_end_date() = ToDate(epoch + indicator.valid.until);
  }
  return definitions;
}

std::vector<IndicatorValue> OwnIndicators(const std::vector<OwnCohort>& cohorts,
                                          const std::string& site, absl::CivilDay day) {
  std::vector<IndicatorValue> result;
  for (const Indicator* indicator : InForce(day)) {
    const Due due = DueOf(cohorts, *indicator, day);
    const bool waits = due.cohorts == 0 && due.next != absl::CivilDay::max();
    if (!indicator->lacks.empty() || waits) {
      result.push_back(Withheld(*indicator, site, due.next));
      continue;
    }
    const Values values = Evaluate(due.counts);
    IndicatorValue value = Blank(*indicator, site);
    value.set_numerator(values.at(indicator->numerator));
    value.set_denominator(values.at(indicator->denominator));
    if (!indicator->missing.empty()) value.set_missing_count(values.at(indicator->missing));
    if (due.next != absl::CivilDay::max()) *value.mutable_due_date() = ToDate(due.next);
    Rate(*indicator, value);
    result.push_back(std::move(value));
  }
  return result;
}

std::vector<IndicatorValue> PublishableIndicators(const std::map<std::string, Counts>& sites,
                                                  int year, absl::CivilDay day) {
  return Publication(sites).Show(year, day);
}

Interval Wilson(int64_t part, int64_t whole) {
  constexpr double z = 1.959963984540054;  // 97.5 % of the normal distribution
  const double n = static_cast<double>(whole);
  const double p = static_cast<double>(part) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace vivier::statistics
