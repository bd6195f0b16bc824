// Inputs made of others: a few changes to one that is kept, at random and by a seed. It knows
// nothing of what reads them but the words that they hold. Not thread-safe.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::fuzz {

class Mutator {
 public:
  static constexpr size_t kBytesMax = 64 << 10;

  explicit Mutator(uint64_t seed) : random_(seed) {}

  // From now on `input` is one of those that others are made of.
  void Keep(absl::string_view input);
  std::string Next();
  size_t kept() const { return kept_.size(); }

 private:
  size_t Below(size_t end) { return end == 0 ? 0 : random_() % end; }
  const std::string& Any(const std::vector<std::string>& of) { return of[Below(of.size())]; }
  void Change(std::string& input);
  void ChangeByte(std::string& input);
  void ChangeNumber(std::string& input);
  void Insert(std::string& input, absl::string_view more);
  void Repeat(std::string& input);
  void Cut(std::string& input);
  void Splice(std::string& input);
  void TakeLine(std::string& input);

  std::mt19937_64 random_;
  std::vector<std::string> kept_, words_;
};

}  // namespace vivier::fuzz
