// Complementary suppression: given counts, the sums that tie them together and those that must not
// be shown, hides more until no hidden count follows from the visible ones by solving the sums.
// Exact against linear algebra; bounds (a hidden count is not negative, a sum of hidden ones is
// small) and publications of other days are not considered. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

namespace vivier::statistics {

struct Tied {
  // Each sum: the first count equals the sum of the others.
  std::vector<std::vector<int>> sums;
  // What it costs to hide a count; the cheapest of a sum goes first.
  std::vector<double> costs;
};

// Indices of the hidden counts whose value follows from the visible ones.
std::vector<int> Derivable(const Tied& tied, const std::vector<bool>& hidden);

// `hidden`, and what must be hidden with it.
std::vector<bool> Suppress(const Tied& tied, std::vector<bool> hidden);

}  // namespace vivier::statistics
