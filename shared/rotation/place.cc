#include "shared/rotation/place.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::rotation {
namespace {

using storage::Value;

constexpr char kBetween = '\0';

std::string TextOf(const Value& value) {
  const int64_t* number = std::get_if<int64_t>(&value);
  return number != nullptr ? absl::StrCat("i", *number)
                           : absl::StrCat("t", std::get<std::string>(value));
}

absl::StatusOr<Value> ToValue(absl::string_view text) {
  int64_t number = 0;
  if (text.substr(0, 1) == "t") return Value(std::string(text.substr(1)));
  if (text.substr(0, 1) == "i" && absl::SimpleAtoi(text.substr(1), &number)) return Value(number);
  return Internal("the position of a key's rotation cannot be read");
}

}  // namespace

std::string Place::Encode() const {
  std::vector<std::string> parts = {table, ended ? "end" : ""};
  for (const Value& value : after) parts.push_back(TextOf(value));
  return absl::StrJoin(parts, std::string(1, kBetween));
}

absl::StatusOr<Place> Place::Decode(absl::string_view bytes) {
  const std::vector<std::string> parts = absl::StrSplit(bytes, kBetween);
  if (parts.size() < 2) return Internal("the position of a key's rotation cannot be read");
  Place place{parts[0], parts[1] == "end", {}};
  for (size_t i = 2; i < parts.size(); ++i) {
    ASSIGN_OR_RETURN(Value value, ToValue(parts[i]));
    place.after.push_back(std::move(value));
  }
  return place;
}

}  // namespace vivier::rotation
