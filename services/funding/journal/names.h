// The resource names of balances and their accounts. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vivier::funding {

inline std::string BalanceOf(absl::string_view agreement) {
  return absl::StrCat(agreement, "/balance");
}

}  // namespace vivier::funding
