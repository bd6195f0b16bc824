#include "shared/cli/nearest.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace vivier::cli {
namespace {

constexpr size_t kWordMax = 100;     // a longer one is no slip of a finger
constexpr size_t kBeginningMin = 3;  // of a word that begins with what was typed

}  // namespace

// Optimal string alignment: three rows of the table are enough.
size_t EditDistance(const std::string& one, const std::string& other) {
  std::vector<size_t> before, last(other.size() + 1), row(other.size() + 1);
  for (size_t j = 0; j <= other.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= one.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= other.size(); ++j) {
      const size_t replaced = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[other.size()];
}

std::string Nearest(const std::string& typed, const std::vector<std::string>& known) {
  if (typed.size() > kWordMax) return "";
  const std::string low = absl::AsciiStrToLower(typed);
  std::string nearest;
  size_t least = 0;
  for (const std::string& word : known) {
    const std::string other = absl::AsciiStrToLower(word);
    const bool begins = low.size() >= kBeginningMin && absl::StartsWith(other, low);
    const size_t distance = begins ? 1 : EditDistance(low, other);
    if (distance > std::max<size_t>(1, std::max(low.size(), other.size()) / 3)) continue;
    if (!nearest.empty() && distance >= least) continue;
    nearest = word;
    least = distance;
  }
  return nearest;
}

std::string DidYouMean(const std::string& typed, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(typed, known);
  return nearest.empty() ? "." : absl::StrCat("; did you mean ", nearest, "?");
}

}  // namespace vivier::cli
