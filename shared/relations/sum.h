// The sum of the hashes of many rows, which does not depend on their order: what a service claims
// of rows that are too many to be named one by one. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/hash.h"
#include "shared/service/service.h"

namespace vivier::relations {

class Sum {
 public:
  void Add(absl::string_view row) {
    const std::string hash = Sha256(row);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(number); ++i)
      number = number << 8 | static_cast<unsigned char>(hash[i]);
    sum_ += number;
    ++count_;
  }
  std::string Text() const { return absl::StrCat(count_, " rows, sum ", absl::Hex(sum_)); }

 private:
  int64_t count_ = 0;
  uint64_t sum_ = 0;
};

inline rpc::Claims ToClaims(const std::map<std::string, Sum>& sums) {
  rpc::Claims claims;
  for (const auto& [subject, sum] : sums) claims[subject] = sum.Text();
  return claims;
}

}  // namespace vivier::relations
