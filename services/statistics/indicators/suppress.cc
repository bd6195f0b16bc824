#include "services/statistics/indicators/suppress.h"

#include <cstddef>
#include <map>
#include <set>

namespace vivier::statistics {
namespace {

// Elimination is exact: numbers modulo a prime. A coefficient of a true elimination over the
// integers that happens to be a multiple of it would be taken for 0; sums have coefficients ±1 and
// these stay far below.
constexpr int64_t kPrime = 2147483647;

using Equation = std::map<int, int64_t>;  // coefficient by count, never 0

int64_t Power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = result * base % kPrime;
    base = base * base % kPrime;
  }
  return result;
}

// into += factor × from
void AddMultiple(const Equation& from, int64_t factor, Equation& into) {
  for (const auto& [count, coefficient] : from) {
    int64_t& sum = into[count];
    sum = (sum + factor * coefficient) % kPrime;
    if (sum == 0) into.erase(count);
  }
}

Equation HiddenPart(const std::vector<int>& sum, const std::vector<bool>& hidden) {
  Equation equation;
  for (std::size_t i = 0; i < sum.size(); ++i)
    if (hidden[static_cast<std::size_t>(sum[i])]) equation[sum[i]] = i == 0 ? kPrime - 1 : 1;
  return equation;
}

// Solved equations: each has a pivot, a count that no other solved equation contains.
class Solver {
 public:
  void Add(Equation equation) {
    const Equation before = equation;
    for (const auto& [count, coefficient] : before) {
      auto solved = solved_.find(count);
      if (solved != solved_.end()) AddMultiple(solved->second, kPrime - coefficient, equation);
    }
    if (equation.empty()) return;
    const auto [pivot, coefficient] = *equation.begin();
    const int64_t inverse = Power(coefficient, kPrime - 2);
    for (auto& entry : equation) entry.second = entry.second * inverse % kPrime;
    const std::set<int> users = users_[pivot];
    for (int user : users) Change(user, solved_.at(user), equation, pivot);
    for (const auto& entry : equation) users_[entry.first].insert(pivot);
    solved_.emplace(pivot, std::move(equation));
  }

  std::vector<int> Single() const {
    std::vector<int> result;
    for (const auto& [pivot, solved] : solved_)
      if (solved.size() == 1) result.push_back(pivot);
    return result;
  }

 private:
  // Takes `pivot` out of the solved equation of `user`.
  void Change(int user, Equation& solved, const Equation& equation, int pivot) {
    AddMultiple(equation, kPrime - solved.at(pivot), solved);
    for (const auto& entry : equation) {
      if (solved.count(entry.first) > 0)
        users_[entry.first].insert(user);
      else
        users_[entry.first].erase(user);
    }
  }

  std::map<int, Equation> solved_;      // by pivot
  std::map<int, std::set<int>> users_;  // pivots of the solved equations that contain a count
};

}  // namespace

std::vector<int> Derivable(const Tied& tied, const std::vector<bool>& hidden) {
  Solver solver;
  for (const std::vector<int>& sum : tied.sums) solver.Add(HiddenPart(sum, hidden));
  return solver.Single();
}

namespace {

// The cheapest visible count that shares a sum with `exposed`; -1 when all are hidden.
int CheapestBeside(const Tied& tied, const std::vector<std::vector<std::size_t>>& sums_of,
                   const std::vector<bool>& hidden, int exposed) {
  int cheapest = -1;
  for (std::size_t sum : sums_of[static_cast<std::size_t>(exposed)]) {
    for (int count : tied.sums[sum]) {
      if (hidden[static_cast<std::size_t>(count)]) continue;
      if (cheapest < 0 || tied.costs[static_cast<std::size_t>(count)] <
                              tied.costs[static_cast<std::size_t>(cheapest)])
        cheapest = count;
    }
  }
  return cheapest;
}

}  // namespace

std::vector<bool> Suppress(const Tied& tied, std::vector<bool> hidden) {
  std::vector<std::vector<std::size_t>> sums_of(hidden.size());
  for (std::size_t sum = 0; sum < tied.sums.size(); ++sum)
    for (int count : tied.sums[sum]) sums_of[static_cast<std::size_t>(count)].push_back(sum);
  for (bool hid = true; hid;) {
    hid = false;  // stays so when nothing is exposed, or only what its sums force by themselves,
                  // such as 0 = x
    for (int exposed : Derivable(tied, hidden)) {
      const int beside = CheapestBeside(tied, sums_of, hidden, exposed);
      if (beside < 0) continue;
      hidden[static_cast<std::size_t>(beside)] = true;
      hid = true;
    }
  }
  return hidden;
}

}  // namespace vivier::statistics
