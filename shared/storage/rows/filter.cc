#include "shared/storage/rows/filter.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::storage {
namespace {

// Deep enough for any filter that a person writes, shallow enough for the stack.
constexpr int kDepthMax = 16;

class Parser {
 public:
  Parser(const Schema& schema, absl::string_view text, int next_parameter)
      : schema_(schema), text_(text), next_parameter_(next_parameter) {}

  absl::StatusOr<FilterCondition> Parse() {
    RETURN_IF_ERROR(Expression(0));
    if (!AtEnd()) return Wrong("expected AND, OR or the end");
    return std::move(result_);
  }

 private:
  absl::Status Expression(int depth) {
    if (depth > kDepthMax) return Wrong("nested too deeply");
    RETURN_IF_ERROR(Factor(depth));
    while (Word("AND")) {
      absl::StrAppend(&result_.sql, " AND ");
      RETURN_IF_ERROR(Factor(depth));
    }
    return absl::OkStatus();
  }

  absl::Status Factor(int depth) {
    absl::StrAppend(&result_.sql, "(");
    RETURN_IF_ERROR(Term(depth));
    while (Word("OR")) {
      absl::StrAppend(&result_.sql, " OR ");
      RETURN_IF_ERROR(Term(depth));
    }
    absl::StrAppend(&result_.sql, ")");
    return absl::OkStatus();
  }

  absl::Status Term(int depth) {
    if (!Symbol("(")) return Comparison();
    absl::StrAppend(&result_.sql, "(");
    RETURN_IF_ERROR(Expression(depth + 1));
    if (!Symbol(")")) return Wrong("expected )");
    absl::StrAppend(&result_.sql, ")");
    return absl::OkStatus();
  }

  absl::Status Comparison() {
    const std::string field = Identifier();
    const Schema::Column* column = schema_.FindColumn(field);
    const bool is_name = field == "name";  // the key is no column of the schema
    if (!is_name && (column == nullptr || column->encrypted || column->kind == Schema::Kind::kJson))
      return Wrong(absl::StrCat("\"", field, "\" cannot be filtered by"));
    std::string comparator;
    for (absl::string_view candidate : {"!=", "<=", ">=", "=", "<", ">"}) {
      if (!Symbol(candidate)) continue;
      comparator = std::string(candidate);
      break;
    }
    if (comparator.empty()) return Wrong("expected a comparison");
    ASSIGN_OR_RETURN(std::string literal, Literal());
    Value value(literal);
    if (!is_name) {
      ASSIGN_OR_RETURN(value, ValueOf(*column, literal));
    }
    absl::StrAppend(&result_.sql, field, comparator == "!=" ? " <> " : " " + comparator + " ", "$",
                    next_parameter_++);
    result_.parameters.push_back(std::move(value));
    return absl::OkStatus();
  }

  absl::StatusOr<Value> ValueOf(const Schema::Column& column, const std::string& literal) {
    switch (column.kind) {
      case Schema::Kind::kInteger: {
        if (literal == "true" || literal == "false") return Value(int64_t{literal == "true"});
        int64_t number = 0;
        if (!absl::SimpleAtoi(literal, &number)) return Wrong("expected a number");
        return Value(number);
      }
      case Schema::Kind::kMicroseconds: {
        absl::Time time;
        if (!absl::ParseTime(absl::RFC3339_full, literal, &time, nullptr))
          return Wrong("expected an RFC 3339 time");
        return Value(absl::ToUnixMicros(time));
      }
      case Schema::Kind::kEnum:
        if (column.field->enum_type()->FindValueByName(literal) == nullptr)
          return Wrong(absl::StrCat("\"", literal, "\" is no value of ", column.field->name()));
        return Value(literal);
      default:
        return Value(literal);
    }
  }

  void SkipSpace() {
    while (place_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[place_])))
      ++place_;
  }

  bool AtEnd() {
    SkipSpace();
    return place_ == text_.size();
  }

  bool Symbol(absl::string_view symbol) {
    SkipSpace();
    if (!absl::StartsWith(text_.substr(place_), symbol)) return false;
    place_ += symbol.size();
    return true;
  }

  bool Word(absl::string_view word) {
    SkipSpace();
    const size_t before = place_;
    if (Identifier() == word) return true;
    place_ = before;
    return false;
  }

  std::string Identifier() {
    SkipSpace();
    const size_t start = place_;
    while (place_ < text_.size() &&
           (absl::ascii_isalnum(static_cast<unsigned char>(text_[place_])) || text_[place_] == '_'))
      ++place_;
    return std::string(text_.substr(start, place_ - start));
  }

  absl::StatusOr<std::string> Literal() {
    SkipSpace();
    if (place_ == text_.size()) return Wrong("expected a value");
    const char quote = text_[place_];
    if (quote != '"' && quote != '\'') {
      const bool negative = Symbol("-");
      const std::string bare = Identifier();
      if (bare.empty()) return Wrong("expected a value");
      return negative ? "-" + bare : bare;
    }
    std::string literal;
    for (++place_; place_ < text_.size() && text_[place_] != quote; ++place_) {
      if (text_[place_] == '\\' && place_ + 1 < text_.size()) ++place_;
      literal += text_[place_];
    }
    if (place_ == text_.size()) return Wrong("a quoted text does not end");
    ++place_;
    return literal;
  }

  absl::Status Wrong(absl::string_view why) const {
    return InvalidField("filter", absl::StrCat(why, " at character ", place_ + 1));
  }

  const Schema& schema_;
  absl::string_view text_;
  int next_parameter_;
  size_t place_ = 0;
  FilterCondition result_;
};

}  // namespace

absl::StatusOr<FilterCondition> ParseFilter(const Schema& schema, absl::string_view filter,
                                            int first_parameter) {
  return Parser(schema, filter, first_parameter).Parse();
}

std::string NarrowedTo(absl::string_view field, const std::vector<std::string>& values,
                       absl::string_view filter) {
  const auto equals = [field](std::string* out, absl::string_view value) {
    absl::StrAppend(out, field, " = \"",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
  };
  const std::string narrowed =
      values.empty() ? absl::StrCat(field, " = \"\"") : absl::StrJoin(values, " OR ", equals);
  return filter.empty() ? narrowed : absl::StrCat(narrowed, " AND ", filter);
}

}  // namespace vivier::storage
