#include "shared/rules/value.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/status.h"

namespace vivier::rules {
namespace {

const absl::CivilDay kEpoch(1970, 1, 1);
constexpr int64_t kCentsMax = 900'000'000'000'000;
constexpr size_t kDigitsMax = 14;  // before a decimal's point: ten-thousandths of it fit 64 bits

absl::Status Wrong(absl::string_view cell, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("`", cell, "` is no ", wanted));
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::StatusOr<Value> ReadBoolean(absl::string_view cell) {
  if (cell == "yes") return Value::Boolean(true);
  if (cell == "no") return Value::Boolean(false);
  return Wrong(cell, "`yes` or `no`");
}

absl::StatusOr<Value> ReadInteger(absl::string_view cell) {
  absl::string_view digits = cell;
  absl::ConsumePrefix(&digits, "-");
  int64_t number = 0;
  if (!AllDigits(digits) || digits.size() > kDigitsMax || !absl::SimpleAtoi(cell, &number))
    return Wrong(cell, "integer");
  return Value::Integer(number);
}

absl::StatusOr<Value> ReadDecimal(absl::string_view cell) {
  absl::string_view rest = cell;
  const bool negative = absl::ConsumePrefix(&rest, "-");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(rest, absl::MaxSplits('.', 1));
  const bool point = rest.find('.') != absl::string_view::npos;
  if (!AllDigits(parts.first) || parts.first.size() > kDigitsMax ||
      (point && (!AllDigits(parts.second) || parts.second.size() > 4)))
    return Wrong(cell, "decimal of up to four digits after a point");
  std::string digits = absl::StrCat(parts.first, parts.second);
  digits.append(4 - parts.second.size(), '0');
  int64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number)) return Wrong(cell, "decimal");
  return Value::Decimal(negative ? -number : number);
}

absl::StatusOr<Value> ReadSet(absl::string_view cell) {
  std::vector<std::string> members;
  if (cell == "empty") return Value::Set({});
  for (absl::string_view part : absl::StrSplit(cell, ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.empty()) return Wrong(cell, "set: a member is empty (an empty set is `empty`)");
    members.emplace_back(part);
  }
  return Value::Set(std::move(members));
}

std::string DecimalText(int64_t number) {
  const uint64_t size =
      number < 0 ? ~static_cast<uint64_t>(number) + 1 : static_cast<uint64_t>(number);
  std::string text =
      absl::StrFormat("%s%d.%04d", number < 0 ? "-" : "", size / Value::kOne, size % Value::kOne);
  for (int i = 0; i < 2 && text.back() == '0'; ++i) text.pop_back();
  return text;
}

}  // namespace

absl::string_view NameOf(Type type) {
  switch (type) {
    case Type::kUnknown:
      return "unknown";
    case Type::kBoolean:
      return "boolean";
    case Type::kInteger:
      return "integer";
    case Type::kDecimal:
      return "decimal";
    case Type::kDate:
      return "date";
    case Type::kText:
      return "text";
    case Type::kSet:
      return "set";
    case Type::kWords:
      return "words";
  }
  return "unknown";
}

Value Value::Cents(int64_t cents) {
  return Decimal(std::clamp(cents, -kCentsMax, kCentsMax) * (kOne / 100));
}

Value Value::Date(absl::CivilDay day) { return Value(Type::kDate, NumberOf(day)); }

Value Value::Text(absl::string_view text, Type type) {
  Value value(type, 0);
  value.text_ = std::string(text);
  return value;
}

Value Value::Set(std::vector<std::string> members) {
  Value value(Type::kSet, 0);
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  value.members_ = std::move(members);
  return value;
}

absl::CivilDay Value::day() const { return kEpoch + number_; }

std::string Value::ToString() const {
  switch (type_) {
    case Type::kUnknown:
      return "unknown";
    case Type::kBoolean:
      return number_ != 0 ? "yes" : "no";
    case Type::kInteger:
      return absl::StrCat(number_);
    case Type::kDecimal:
      return DecimalText(number_);
    case Type::kDate:
      return absl::FormatCivilTime(day());
    case Type::kSet:
      return members_.empty() ? "empty" : absl::StrJoin(members_, ", ");
    case Type::kText:
    case Type::kWords:
      return text_;
  }
  return text_;
}

int64_t NumberOf(absl::CivilDay day) { return day - kEpoch; }

absl::StatusOr<Value> ReadValue(Type type, absl::string_view cell) {
  if (cell == "unknown" && type != Type::kWords) return Value();
  switch (type) {
    case Type::kUnknown:
      return Wrong(cell, "value of a known type");
    case Type::kBoolean:
      return ReadBoolean(cell);
    case Type::kInteger:
      return ReadInteger(cell);
    case Type::kDecimal:
      return ReadDecimal(cell);
    case Type::kDate: {
      ASSIGN_OR_RETURN(const absl::CivilDay day, ReadDay(cell));
      return Value::Date(day);
    }
    case Type::kSet:
      return ReadSet(cell);
    case Type::kText:
    case Type::kWords:
      if (cell.empty()) return Wrong(cell, "text: it is empty");
      return Value::Text(cell, type);
  }
  return Wrong(cell, "value");
}

absl::StatusOr<absl::CivilDay> ReadDay(absl::string_view text) {
  int year = 0, month = 0, day = 0;
  const bool formed = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                      AllDigits(text.substr(0, 4)) && AllDigits(text.substr(5, 2)) &&
                      AllDigits(text.substr(8, 2));
  if (formed && absl::SimpleAtoi(text.substr(0, 4), &year) &&
      absl::SimpleAtoi(text.substr(5, 2), &month) && absl::SimpleAtoi(text.substr(8, 2), &day)) {
    const absl::CivilDay result(year, month, day);
    if (result.year() == year && result.month() == month && result.day() == day) return result;
  }
  return Wrong(text, "day like 2026-09-01");
}

}  // namespace vivier::rules
