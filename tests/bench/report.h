// The rounds of a run, each a rate per measurement, and what is told of them: medians with the
// lowest and the highest of a round, as a table or as one JSON object of numbers. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vivier::bench {

double Median(std::vector<double> values);
double Percentile(std::vector<double> values, int percent);

class Report {
 public:
  void AddRound(std::map<std::string, double> rates) { rounds_.push_back(std::move(rates)); }

  // The measurement's median rate, under NAME_per_s.
  void Rate(const std::string& measurement);
  // The same of what is no rate, under its own name.
  void Median(const std::string& measurement);
  // Of two measurements of the same round: its median under `name`, and name_min and name_max.
  // `target` is what the design asks for, 0 where it asks for nothing.
  void Ratio(const std::string& name, const std::string& measurement, const std::string& base,
             double target = 0);
  void Number(const std::string& name, double value) { numbers_.emplace_back(name, value); }

  std::string Table() const;
  std::string Json() const;

 private:
  std::vector<double> Values(const std::string& measurement) const;

  std::vector<std::map<std::string, double>> rounds_;
  std::vector<std::pair<std::string, double>> numbers_;
  std::string ratios_;
};

}  // namespace vivier::bench
