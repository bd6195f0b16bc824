// What a fact, a parameter or an answer of a rule table can be. A fact that is not known is a value
// of its own: it is neither "no" nor 0 nor the empty text. Immutable values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace vivier::rules {

enum class Type {
  kUnknown,
  kBoolean,  // yes, no
  kInteger,
  kDecimal,  // up to four digits after the point, exact
  kDate,     // 2026-09-01
  kText,
  kSet,    // A, B
  kWords,  // sentences for readers: no rule depends on them
};

// "integer"; "unknown" for kUnknown.
absl::string_view NameOf(Type type);

class Value {
 public:
  // A decimal counts ten-thousandths.
  static constexpr int64_t kOne = 10000;

  Value() = default;  // unknown
  static Value Boolean(bool value) { return Value(Type::kBoolean, value ? 1 : 0); }
  static Value Integer(int64_t value) { return Value(Type::kInteger, value); }
  static Value Decimal(int64_t ten_thousandths) { return Value(Type::kDecimal, ten_thousandths); }
  // An amount of money; one beyond 900,000,000,000,000 cents either way is that.
  static Value Cents(int64_t cents);
  static Value Date(absl::CivilDay day);
  static Value Text(absl::string_view text, Type type = Type::kText);
  // The members in order, each once.
  static Value Set(std::vector<std::string> members);

  Type type() const { return type_; }
  bool known() const { return type_ != Type::kUnknown; }
  // 0 or 1, the integer, ten-thousandths, or days since 1970.
  int64_t number() const { return number_; }
  const std::string& text() const { return text_; }
  const std::vector<std::string>& members() const { return members_; }
  absl::CivilDay day() const;
  // A decimal's whole hundredths, toward zero.
  int64_t cents() const { return number_ / (kOne / 100); }

  // As a cell would hold it.
  std::string ToString() const;

  bool operator==(const Value& other) const = default;

 private:
  Value(Type type, int64_t number) : type_(type), number_(number) {}

  Type type_ = Type::kUnknown;
  int64_t number_ = 0;
  std::string text_;
  std::vector<std::string> members_;
};

// Days since 1970, as values and validities count them.
int64_t NumberOf(absl::CivilDay day);

// Reads one value of that type; "unknown" is one of every type but words. The error says what is
// wrong with it.
absl::StatusOr<Value> ReadValue(Type type, absl::string_view cell);

// YYYY-MM-DD and nothing else.
absl::StatusOr<absl::CivilDay> ReadDay(absl::string_view text);

}  // namespace vivier::rules
