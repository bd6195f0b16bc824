#include "shared/security/chain.h"

namespace vivier::security {

absl::string_view ChainWalk::Next(int64_t number, absl::string_view hash, absl::string_view due) {
  const bool follows = number == number_ + 1;
  number_ = number;
  hash_ = std::string(hash);
  if (!follows) return "the number before it is missing";
  return hash == due ? "" : "its hash does not follow";
}

absl::string_view ChainWalk::End(int64_t number, absl::string_view hash) const {
  return number == number_ && hash == hash_ ? "" : "names another end";
}

}  // namespace vivier::security
