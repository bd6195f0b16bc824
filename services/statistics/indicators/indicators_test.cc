#include "services/statistics/indicators/indicators.h"

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/statistics/indicators/dictionary.h"
#include "services/statistics/indicators/suppress.h"
#include "shared/rules/compiled.h"

namespace vivier::statistics {
namespace {

int64_t Floor(const char* name) {
  return rules::NeedParameter(rules::Need("R-disclosure"), name).versions.back().value.number();
}

using v1::IndicatorValue;

Counts Site(std::mt19937_64& random, int64_t started_max) {
  const int64_t started = static_cast<int64_t>(random() % static_cast<uint64_t>(started_max + 1));
  Counts counts;
  counts[{"applications", {"submitted"}}] = started * 3 + 2;
  const int64_t finished =
      started == 0
          ? 0
          : started - static_cast<int64_t>(random() % static_cast<uint64_t>(started / 2 + 1));
  const int64_t women = static_cast<int64_t>(random() % static_cast<uint64_t>(finished + 1));
  counts[{"learners", {"finished"}}] = finished;
  counts[{"learners", {"dropped-out"}}] = started - finished;
  counts[{"learners-by-gender", {"finished", "woman"}}] = women;
  counts[{"learners-by-gender", {"finished", "man"}}] = started - women;
  const int64_t full = static_cast<int64_t>(random() % static_cast<uint64_t>(finished + 1));
  counts[{"certificates", {"full"}}] = full;
  counts[{"certificates", {"none"}}] = finished - full;
  const int64_t employed = static_cast<int64_t>(random() % static_cast<uint64_t>(finished + 1));
  counts[{"outcomes", {"6", "employed"}}] = employed;
  counts[{"outcomes", {"6", "in-training"}}] =
      static_cast<int64_t>(random() % static_cast<uint64_t>(finished - employed + 1));
  return counts;
}

// Long after everything is due, both versions of what changed in force.
const absl::CivilDay kDay(2027, 6, 1);
std::vector<IndicatorValue> Shown(const std::map<std::string, Counts>& sites) {
  return PublishableIndicators(sites, 2020, kDay);
}
std::vector<IndicatorValue> Own(const Counts& counts) {
  return OwnIndicators({{counts, absl::CivilDay(2020, 1, 6), absl::CivilDay(2020, 12, 18)}},
                       "nancy", kDay);
}

IndicatorValue Find(const std::vector<IndicatorValue>& values, const std::string& indicator,
                    const std::string& site) {
  for (const IndicatorValue& value : values)
    if (value.indicator() == indicator && value.site() == site) return value;
  ADD_FAILURE() << indicator << " of " << site;
  return {};
}

TEST(DictionaryTest, EverySumHoldsAndEveryIdIsKnown) {
  std::mt19937_64 random(3);
  const Values values = Evaluate(Site(random, 40));
  for (const Partition& partition : Partitions()) {
    int64_t sum = 0;
    for (const std::string& part : partition.parts) sum += values.at(part);
    EXPECT_EQ(sum, values.at(partition.total)) << partition.total;
  }
  for (const Indicator& indicator : Indicators()) {
    if (!indicator.lacks.empty()) continue;
    EXPECT_EQ(values.count(indicator.numerator), 1u) << indicator.id;
    EXPECT_EQ(values.count(indicator.denominator), 1u) << indicator.id;
    EXPECT_EQ(values.count(indicator.missing), indicator.missing.empty() ? 0u : 1u) << indicator.id;
  }
}

const Indicator& The(const std::string& id, int version) {
  for (const Indicator& indicator : Indicators())
    if (indicator.id == id && indicator.version == version) return indicator;
  ADD_FAILURE() << id;
  return Indicators().front();
}

int Versions(const std::string& id, absl::CivilDay day) {
  int versions = 0;
  for (const Indicator* indicator : InForce(day)) versions += indicator->id == id;
  return versions;
}

TEST(DictionaryTest, TheOldVersionGoesOnForAYear) {
  EXPECT_EQ(Versions("positive-outcome-rate-6", absl::CivilDay(2026, 11, 30)), 1);
  EXPECT_EQ(Versions("positive-outcome-rate-6", absl::CivilDay(2026, 12, 1)), 2);
  EXPECT_EQ(Versions("positive-outcome-rate-6", absl::CivilDay(2027, 11, 30)), 2);
  EXPECT_EQ(Versions("positive-outcome-rate-6", absl::CivilDay(2027, 12, 1)), 1);
  for (const Indicator& indicator : Indicators())
    EXPECT_GE(Versions(indicator.id, kDay), 1) << indicator.id;
}

TEST(DictionaryTest, DueFromTheEndOfTheCohortOn) {
  const Indicator& indicator = The("employment-rate-6", 2);
  const absl::CivilDay start(2026, 9, 7), end(2027, 3, 31);
  EXPECT_EQ(DueDate(indicator, start, end), absl::CivilDay(2027, 9, 30));
  EXPECT_EQ(DueDateOfYear(indicator, 2026), absl::CivilDay(2028, 6, 30));
  EXPECT_EQ(DueDate(The("employment-rate-6", 1), start, end), start);
  EXPECT_LE(DueDateOfYear(The("completion-rate", 1), 2026), absl::CivilDay(2026, 1, 1));
}

// 20 leavers, 10 answers, 7 of them positive: 35 % to 85 %.
TEST(OutcomeTest, StandsWithItsResponseRateAndBothBounds) {
  Counts counts;
  counts[{"learners", {"finished"}}] = 20;
  counts[{"outcomes", {"6", "employed"}}] = 7;
  counts[{"outcomes", {"6", "seeking"}}] = 3;
  for (const IndicatorValue& value : {Find(Own(counts), "positive-outcome-rate-6", "nancy"),
                                      Find(Own(counts), "employment-rate-6", "nancy")}) {
    EXPECT_EQ(value.missing_count(), 10);
    EXPECT_DOUBLE_EQ(value.response_rate(), 0.5);
    EXPECT_DOUBLE_EQ(value.lower_bound(), 0.35);
    EXPECT_DOUBLE_EQ(value.upper_bound(), 0.85);
  }
  const IndicatorValue hidden =
      Find(Shown({{"nancy", counts}}), "positive-outcome-rate-6", "nancy");
  EXPECT_FALSE(hidden.has_lower_bound()) << "a part under 5";
}

TEST(OutcomeTest, NothingCountsBeforeItIsDue) {
  Counts ended, running;
  ended[{"learners", {"finished"}}] = 20;
  ended[{"outcomes", {"6", "employed"}}] = 15;
  running[{"learners", {"finished"}}] = 4;
  const OwnCohort first{ended, absl::CivilDay(2026, 1, 5), absl::CivilDay(2026, 11, 27)};
  const OwnCohort second{running, absl::CivilDay(2026, 9, 7), absl::CivilDay(2027, 3, 31)};
  const auto at = [&](absl::CivilDay day) {
    for (const IndicatorValue& value : OwnIndicators({first, second}, "nancy", day))
      if (value.indicator() == "positive-outcome-rate-6" && value.definition_version() == 2)
        return value;
    return IndicatorValue();
  };
  EXPECT_EQ(at(absl::CivilDay(2027, 5, 26)).suppressed_reason(), IndicatorValue::NOT_YET_DUE);
  EXPECT_EQ(at(absl::CivilDay(2027, 5, 26)).due_date().day(), 27);
  EXPECT_FALSE(at(absl::CivilDay(2027, 5, 26)).has_denominator());
  EXPECT_EQ(at(absl::CivilDay(2027, 5, 27)).denominator(), 20);
  EXPECT_EQ(at(absl::CivilDay(2027, 5, 27)).due_date().month(), 9) << "when the next one counts";
  EXPECT_EQ(at(absl::CivilDay(2027, 9, 30)).denominator(), 24);
  EXPECT_FALSE(at(absl::CivilDay(2027, 9, 30)).has_due_date());
  for (const IndicatorValue& value : PublishableIndicators({{"nancy", ended}}, 2026, kDay)) {
    if (value.indicator() != "positive-outcome-rate-6" || value.definition_version() != 2) continue;
    EXPECT_EQ(value.suppressed_reason(), IndicatorValue::NOT_YET_DUE);
    EXPECT_FALSE(value.has_denominator());
  }
}

TEST(DictionaryTest, NamesTheFactThatIsNotTold) {
  const IndicatorValue value = Find(Own({}), "cost-per-finished", "nancy");
  EXPECT_EQ(value.suppressed_reason(), IndicatorValue::NOT_YET_MEASURED);
  EXPECT_EQ(value.missing_fact(), "posted-charges");
  EXPECT_FALSE(value.has_denominator());
}

TEST(PublicationTest, FloorsOfASingleSchool) {
  struct Row {
    int64_t finished, dropped_out;
    bool denominator, numerator;
    IndicatorValue::SuppressedReason reason;
  };
  const Row rows[] = {
      {3, 1, false, false, IndicatorValue::POPULATION_UNDER_5},
      {5, 0, true, false, IndicatorValue::POPULATION_UNDER_20},
      {15, 4, true, false, IndicatorValue::POPULATION_UNDER_20},
      {20, 4, true, false, IndicatorValue::SMALL_PART},  // four who did not finish
      {4, 20, true, false, IndicatorValue::SMALL_PART},
      {24, 0, true, false, IndicatorValue::SMALL_PART},  // everybody tells about everyone
      {19, 5, true, true, IndicatorValue::SUPPRESSED_REASON_UNSPECIFIED},
  };
  for (const Row& row : rows) {
    Counts counts;
    counts[{"learners", {"finished"}}] = row.finished;
    counts[{"learners", {"dropped-out"}}] = row.dropped_out;
    const IndicatorValue value = Find(Shown({{"nancy", counts}}), "completion-rate", "nancy");
    EXPECT_EQ(value.has_denominator(), row.denominator) << row.finished;
    EXPECT_EQ(value.has_numerator(), row.numerator) << row.finished;
    EXPECT_EQ(value.has_rate(), row.numerator && row.denominator);
    EXPECT_EQ(value.suppressed_reason(), row.reason) << row.finished;
  }
}

TEST(PublicationTest, OwnFiguresHideNothing) {
  Counts counts;
  counts[{"learners", {"finished"}}] = 2;
  counts[{"learners", {"dropped-out"}}] = 1;
  const IndicatorValue value = Find(Own(counts), "completion-rate", "nancy");
  EXPECT_EQ(value.numerator(), 2);
  EXPECT_EQ(value.denominator(), 3);
  EXPECT_NEAR(value.rate(), 2.0 / 3, 1e-12);
}

TEST(WilsonTest, KnownValues) {
  // Newcombe 1998, table I.
  EXPECT_NEAR(Wilson(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(Wilson(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(Wilson(15, 148).low, 0.0624, 5e-5);
  EXPECT_NEAR(Wilson(15, 148).high, 0.1605, 5e-5);
  EXPECT_NEAR(Wilson(0, 20).low, 0, 1e-12);
  EXPECT_NEAR(Wilson(20, 20).high, 1, 1e-12);
}

// The attacker: all shown numerators and denominators, every sum of the dictionary, schools sum to
// the total. A hidden count is theirs when its column alone spans the rest: solved here by dense
// elimination on doubles, unlike suppress.cc.
class Attacker {
 public:
  Attacker(const std::vector<IndicatorValue>& shown, const std::vector<std::string>& groups)
      : groups_(groups) {
    for (const IndicatorValue& value : shown) {
      const Indicator* indicator = nullptr;
      for (const Indicator& one : Indicators())
        if (one.id == value.indicator()) indicator = &one;
      if (value.has_numerator()) known_.insert({value.site(), indicator->numerator});
      if (value.has_denominator()) known_.insert({value.site(), indicator->denominator});
      if (value.has_missing_count()) known_.insert({value.site(), indicator->missing});
    }
    for (const std::string& group : groups)
      for (const Partition& partition : Partitions()) {
        std::vector<Cell> sum = {{group, partition.total}};
        for (const std::string& part : partition.parts) sum.push_back({group, part});
        Equate(sum);
      }
    for (const auto& [id, value] : Evaluate({})) {
      std::vector<Cell> sum = {{groups[0], id}};
      for (size_t i = 1; i < groups.size(); ++i) sum.push_back({groups[i], id});
      if (groups.size() > 1) Equate(sum);
    }
  }

  // How many unknown counts they can compute.
  std::vector<std::pair<std::string, std::string>> Computable() {
    const size_t width = column_.size();
    std::vector<std::vector<double>> m;
    for (const auto& sparse : equations_) {
      m.emplace_back(width, 0.0);
      for (const auto& [column, coefficient] : sparse) m.back()[column] += coefficient;
    }
    size_t rank = 0;
    for (size_t column = 0; column < width && rank < m.size(); ++column) {
      size_t best = rank;
      for (size_t i = rank; i < m.size(); ++i)
        if (std::abs(m[i][column]) > std::abs(m[best][column])) best = i;
      if (std::abs(m[best][column]) < 1e-9) continue;
      std::swap(m[best], m[rank]);
      const double pivot = m[rank][column];
      for (double& x : m[rank]) x /= pivot;
      for (size_t i = 0; i < m.size(); ++i) {
        if (i == rank || std::abs(m[i][column]) < 1e-12) continue;
        const double factor = m[i][column];
        for (size_t j = column; j < width; ++j) m[i][j] -= factor * m[rank][j];
      }
      ++rank;
    }
    std::vector<Cell> result;
    for (size_t i = 0; i < rank; ++i) {
      size_t entries = 0, last = 0;
      for (size_t j = 0; j < width; ++j)
        if (std::abs(m[i][j]) > 1e-9) ++entries, last = j;
      if (entries == 1) result.push_back(name_[last]);
    }
    return result;
  }
  size_t unknown() const { return column_.size(); }

 private:
  using Cell = std::pair<std::string, std::string>;
  void Equate(const std::vector<Cell>& sum) {
    std::vector<std::pair<size_t, double>> equation;
    for (size_t i = 0; i < sum.size(); ++i) {
      if (known_.count(sum[i]) > 0) continue;
      auto [found, inserted] = column_.emplace(sum[i], column_.size());
      if (inserted) name_.push_back(sum[i]);
      equation.push_back({found->second, i == 0 ? -1.0 : 1.0});
    }
    equations_.push_back(std::move(equation));
  }
  std::vector<std::string> groups_;
  std::set<Cell> known_;
  std::map<Cell, size_t> column_;
  std::vector<Cell> name_;
  std::vector<std::vector<std::pair<size_t, double>>> equations_;
};

// What they compute must be nothing that the floors hide.
TEST(PublicationTest, NoSmallCountFollowsFromWhatIsShown) {
  std::mt19937_64 random(20261122);
  int shown_rates = 0, hidden = 0;
  for (int run = 0; run < 60; ++run) {
    std::map<std::string, Counts> sites;
    const int count = static_cast<int>(random() % 5 + 1);
    for (int i = 0; i < count; ++i) sites[absl::StrCat("s", i)] = Site(random, 60);
    const std::vector<IndicatorValue> values = Shown(sites);
    std::vector<std::string> groups;
    std::map<std::string, Values> truth;
    Counts all;
    for (const auto& [site, counts] : sites) {
      for (const auto& [cell, n] : counts) all[cell] += n;
      truth[site] = Evaluate(counts);
    }
    if (count > 1) groups.push_back("");
    truth[""] = Evaluate(all);
    for (const auto& [site, counts] : sites) groups.push_back(site);
    for (const IndicatorValue& value : values) shown_rates += value.has_rate();
    Attacker attacker(values, groups);
    hidden += static_cast<int>(attacker.unknown());
    for (const auto& [site, id] : attacker.Computable()) {
      for (const Partition& partition : Partitions()) {
        if (!partition.persons.empty()) continue;
        const int64_t whole = truth[site].at(partition.total);
        for (const std::string& part : partition.parts) {
          if (part != id || whole < Floor("rated_from")) continue;
          ASSERT_GE(truth[site].at(part), Floor("shown_from")) << run << " " << site << " " << id;
        }
        if (partition.total != id) continue;
        ASSERT_GE(whole, Floor("shown_from")) << run << " " << site << " " << id;
      }
    }
  }
  EXPECT_GT(shown_rates, 50);  // few small schools: most of their rates cannot be shown
  EXPECT_GT(hidden, 1000);
}

TEST(SuppressTest, ATableWithOneHiddenCellHidesThree) {
  // Two rows and two columns with their sums: 0 1 | 2, 3 4 | 5, 6 7 | 8.
  const Tied tied{{{2, 0, 1}, {5, 3, 4}, {8, 6, 7}, {6, 0, 3}, {7, 1, 4}, {8, 2, 5}},
                  {1, 2, 90, 3, 4, 91, 92, 93, 99}};
  std::vector<bool> hidden(9);
  hidden[0] = true;
  EXPECT_EQ(Derivable(tied, hidden), std::vector<int>{0});
  const std::vector<bool> safe = Suppress(tied, hidden);
  EXPECT_EQ(safe, (std::vector<bool>{true, true, false, true, true, false, false, false, false}));
  EXPECT_TRUE(Derivable(tied, safe).empty());
}

}  // namespace
}  // namespace vivier::statistics
