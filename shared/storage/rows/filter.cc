#include "shared/storage/rows/filter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::storage {
namespace {

// Deep enough for any filter that a person writes, shallow enough for the stack.
constexpr int kDepthMax = 16;

// Where a field is no index's, `allowed` is told to whoever asks.
absl::Status NotServed(absl::string_view request_field, const Schema& schema,
                       absl::string_view named, absl::string_view why) {
  const std::string allowed = absl::StrJoin(FilterableFields(schema), ", ");
  return InvalidField(request_field,
                      absl::StrCat("\"", named, "\" ", why, "; allowed here: ", allowed),
                      {{"named", std::string(named)}, {"allowed", allowed}});
}

class Parser {
 public:
  // `order` is null for a filter of our own.
  Parser(const Schema& schema, absl::string_view text, const Order* order)
      : schema_(schema), text_(text), order_(order) {}

  absl::StatusOr<std::vector<Clause>> Parse() {
    ASSIGN_OR_RETURN(std::vector<Clause> clauses, Expression(0));
    if (!AtEnd()) return Wrong("expected AND, OR or the end");
    if (order_ == nullptr) return clauses;
    if (clauses.size() > kFilterClausesMax)
      return Wrong(absl::StrCat("more than ", kFilterClausesMax, " conditions"));
    for (const Clause& clause : clauses)
      if (clause.column != nullptr && clause.values.size() > kFilterValuesMax)
        return Wrong(absl::StrCat("more than ", kFilterValuesMax, " values of one field"));
    return clauses;
  }

 private:
  absl::StatusOr<std::vector<Clause>> Expression(int depth) {
    if (depth > kDepthMax) return Wrong("nested too deeply");
    std::vector<Clause> all;
    do {
      ASSIGN_OR_RETURN(std::vector<Clause> more, Factor(depth));
      std::move(more.begin(), more.end(), std::back_inserter(all));
    } while (Word("AND"));
    return all;
  }

  absl::StatusOr<std::vector<Clause>> Factor(int depth) {
    ASSIGN_OR_RETURN(std::vector<Clause> clauses, Term(depth));
    while (Word("OR")) {
      ASSIGN_OR_RETURN(std::vector<Clause> more, Term(depth));
      if (!IsChoice(clauses) || !IsChoice(more) || clauses[0].column != more[0].column)
        return Wrong("OR joins values of one field, and nothing else");
      std::vector<Value>& values = clauses[0].values;
      for (Value& value : more[0].values)
        if (std::find(values.begin(), values.end(), value) == values.end())
          values.push_back(std::move(value));
    }
    return clauses;
  }

  static bool IsChoice(const std::vector<Clause>& clauses) {
    return clauses.size() == 1 && clauses[0].comparison == "=";
  }

  absl::StatusOr<std::vector<Clause>> Term(int depth) {
    if (!Symbol("(")) {
      ASSIGN_OR_RETURN(Clause clause, Comparison());
      return std::vector<Clause>{std::move(clause)};
    }
    ASSIGN_OR_RETURN(std::vector<Clause> clauses, Expression(depth + 1));
    if (!Symbol(")")) return Wrong("expected )");
    return clauses;
  }

  absl::StatusOr<Clause> Comparison() {
    const std::string field = Identifier();
    const Schema::Column* column = schema_.FindColumn(field);
    const bool is_name = field == "name";  // the key is no column of the schema
    const bool is_scalar =
        column != nullptr && !column->encrypted && column->kind != Schema::Kind::kJson;
    if (field.empty()) return Wrong("expected a field");
    if (!is_name && (!is_scalar || (order_ != nullptr && !column->filterable)))
      return NotServed("filter", schema_, field, "cannot be filtered by");
    std::string comparison = Comparator();
    if (comparison.empty()) return Wrong("expected a comparison");
    RETURN_IF_ERROR(CheckComparison(field, column, comparison));
    ASSIGN_OR_RETURN(std::string literal, Literal());
    if (is_name) return Clause{nullptr, std::move(comparison), {Value(std::move(literal))}};
    ASSIGN_OR_RETURN(Value value, ValueOf(*column, literal));
    return Clause{column, std::move(comparison), {std::move(value)}};
  }

  // Of a caller: an equality, or a range that the order of the list serves.
  absl::Status CheckComparison(const std::string& field, const Schema::Column* column,
                               const std::string& comparison) const {
    if (order_ == nullptr || comparison == "=") return absl::OkStatus();
    if (comparison != "<>" && column != nullptr && column == order_->column)
      return absl::OkStatus();
    return NotServed("filter", schema_, field,
                     comparison == "<>"
                         ? "cannot be excluded: only = is served, and a range of the order's field"
                         : "takes a range only with the same field in order_by");
  }

  // As SQL writes it, "" where there is none.
  std::string Comparator() {
    for (absl::string_view candidate : {"!=", "<=", ">=", "=", "<", ">"})
      if (Symbol(candidate)) return candidate == "!=" ? "<>" : std::string(candidate);
    return "";
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
  const absl::string_view text_;
  const Order* const order_;
  size_t place_ = 0;
};

}  // namespace

std::vector<std::string> FilterableFields(const Schema& schema) {
  std::vector<std::string> fields = {"name"};
  for (const Schema::Column& column : schema.columns())
    if (column.filterable) fields.push_back(column.field->name());
  return fields;
}

absl::StatusOr<Order> ParseOrder(const Schema& schema, absl::string_view order_by) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(order_by, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty()) return Order{};
  const bool descending = words.size() == 2 && words[1] == "desc";
  if (words.size() > (descending ? 2 : 1))
    return InvalidField("order_by", "is one field, with or without \" desc\" behind it");
  if (words[0] == "name") return Order{nullptr, descending};
  const Schema::Column* column = schema.FindColumn(words[0]);
  if (column == nullptr || !column->filterable)
    return NotServed("order_by", schema, words[0], "cannot be ordered by");
  return Order{column, descending};
}

absl::StatusOr<std::vector<Clause>> ParseFilter(const Schema& schema, absl::string_view filter,
                                                const Order& order) {
  if (filter.empty()) return std::vector<Clause>();
  return Parser(schema, filter, &order).Parse();
}

absl::StatusOr<std::vector<Clause>> ParseOwnFilter(const Schema& schema, absl::string_view filter) {
  if (filter.empty()) return std::vector<Clause>();
  return Parser(schema, filter, nullptr).Parse();
}

// An expression is what no index holds.
std::string RowCondition(const Clause& clause, std::vector<Value>& parameters) {
  const absl::string_view field =
      clause.column == nullptr ? "name" : absl::string_view(clause.column->field->name());
  const bool number =
      clause.column != nullptr && (clause.column->kind == Schema::Kind::kInteger ||
                                   clause.column->kind == Schema::Kind::kMicroseconds);
  std::vector<std::string> places;
  for (const Value& value : clause.values) {
    parameters.push_back(value);
    places.push_back(absl::StrCat("$", parameters.size()));
  }
  const std::string expression = absl::StrCat("(", field, number ? " + 0)" : " || '')");
  if (places.size() == 1) return absl::StrCat(expression, " ", clause.comparison, " ", places[0]);
  return absl::StrCat(expression, " IN (", absl::StrJoin(places, ", "), ")");
}

absl::StatusOr<FilterCondition> ParseFilter(const Schema& schema, absl::string_view filter,
                                            int first_parameter) {
  ASSIGN_OR_RETURN(const std::vector<Clause> clauses, ParseFilter(schema, filter, Order{}));
  std::vector<Value> parameters(static_cast<size_t>(first_parameter - 1));
  std::vector<std::string> conditions;
  for (const Clause& clause : clauses) conditions.push_back(RowCondition(clause, parameters));
  parameters.erase(parameters.begin(), parameters.begin() + first_parameter - 1);
  return FilterCondition{absl::StrJoin(conditions, " AND "), std::move(parameters)};
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
