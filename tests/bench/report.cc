#include "tests/bench/report.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace vivier::bench {
namespace {

std::string Verdict(double value, double target) {
  if (target == 0) return "";
  return absl::StrFormat(value >= target ? "  target %.1f reached" : "  TARGET %.1f MISSED",
                         target);
}

}  // namespace

double Median(std::vector<double> values) { return Percentile(std::move(values), 50); }

double Percentile(std::vector<double> values, int percent) {
  if (values.empty()) return 0;
  const size_t place = values.size() * static_cast<size_t>(percent) / 100;
  const auto there = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), there, values.end());
  return *there;
}

std::vector<double> Report::Values(const std::string& measurement) const {
  std::vector<double> values;
  for (const auto& round : rounds_) values.push_back(round.at(measurement));
  return values;
}

void Report::Rate(const std::string& measurement) {
  Number(measurement + "_per_s", bench::Median(Values(measurement)));
}

void Report::Median(const std::string& measurement) {
  Number(measurement, bench::Median(Values(measurement)));
}

void Report::Ratio(const std::string& name, const std::string& measurement, const std::string& base,
                   double target) {
  std::vector<double> ratios;
  for (const auto& round : rounds_) ratios.push_back(round.at(measurement) / round.at(base));
  const auto [lowest, highest] = std::minmax_element(ratios.begin(), ratios.end());
  const double median = bench::Median(ratios);
  absl::StrAppendFormat(&ratios_, "%-32s %8.2f  (%.2f to %.2f)%s\n", name, median, *lowest,
                        *highest, Verdict(median, target));
  Number(name, median);
  Number(name + "_min", *lowest);
  Number(name + "_max", *highest);
}

std::string Report::Table() const {
  std::string text = absl::StrFormat("ratios: median of %d rounds (lowest to highest)\n%s\n",
                                     rounds_.size(), ratios_);
  for (const auto& [name, value] : numbers_)
    if (ratios_.find(name.substr(0, name.rfind("_m"))) == std::string::npos)
      absl::StrAppendFormat(&text, "%-32s %8.0f\n", name, value);
  return text;
}

std::string Report::Json() const {
  return absl::StrFormat("{%s}\n",
                         absl::StrJoin(numbers_, ", ", [](std::string* out, const auto& number) {
                           absl::StrAppendFormat(out, "\"%s\": %.10g", number.first, number.second);
                         }));
}

}  // namespace vivier::bench
