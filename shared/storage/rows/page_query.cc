#include "shared/storage/rows/page_query.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/storage/rows/page_indexes.h"

namespace vivier::storage {
namespace {

// Searches that are merged into one page. Beyond, the values are so many that the rows in the order
// of names are likely among them. SQLite takes 500 in one statement.
constexpr size_t kSearchesMax = 100;

bool IsNumber(const Schema::Column& column) {
  return column.kind == Schema::Kind::kInteger || column.kind == Schema::Kind::kMicroseconds;
}

// The smaller, the fewer rows one of its values has: names of resources and other texts, days and
// times, then states and numbers.
int Coarseness(const Clause& clause) {
  switch (clause.column->kind) {
    case Schema::Kind::kText:
      return 0;
    case Schema::Kind::kDate:
    case Schema::Kind::kMicroseconds:
      return 1;
    default:
      return 2;
  }
}

class Builder {
 public:
  Builder(const Schema& schema, const PageOrder& page) : schema_(schema), page_(page) {
    Place(Value(page.school));  // SelectWhere takes it as $1
    if (const Schema::Column* parent = ParentColumn(schema, page.parent))
      conditions_.push_back(absl::StrCat(parent->field->name(), " = ", Place(Value(page.parent))));
  }

  FilterCondition Build() {
    BoundNames();
    if (page_.order.column != nullptr) InOrderOfField();
    const Clause* const leads = Leading();
    for (const Clause& clause : page_.filter)
      if (&clause != leads && !IsRange(clause))
        conditions_.push_back(RowCondition(clause, parameters_));
    const std::string select = schema_.SelectWhere(absl::StrJoin(conditions_, " AND "));
    return {
        absl::StrCat(Searches(select, leads), " ORDER BY ", OrderText(), " LIMIT ", page_.limit),
        std::move(parameters_)};
  }

 private:
  std::string Place(Value value) {
    parameters_.push_back(std::move(value));
    return absl::StrCat("$", parameters_.size());
  }

  bool Descending() const { return page_.order.descending; }

  // Names below the parent; in their order, those after the last page. In another order they are
  // only looked at: SQLite would begin at them, and sort.
  void BoundNames() {
    std::string from = StartOfChildren(page_.parent), to = EndOfChildren(page_.parent);
    const bool by_name = page_.order.column == nullptr;
    if (by_name && page_.after.has_value()) (Descending() ? to : from) = page_.after->name;
    const absl::string_view name = by_name ? "name" : "(name || '')";
    conditions_.push_back(absl::StrCat(name, " > ", Place(Value(from))));
    conditions_.push_back(absl::StrCat(name, " < ", Place(Value(to))));
  }

  // A bound that the last page has passed already would only tempt an engine to begin there. The
  // first page has one in any case, which no row without the field satisfies.
  void InOrderOfField() {
    const std::string& field = page_.order.column->field->name();
    const char passed = Descending() ? '<' : '>';
    bool bounded = page_.after.has_value();
    if (bounded) {
      const std::string value = Place(*page_.after->value);
      conditions_.push_back(absl::StrCat("(", field, ", name) ", Descending() ? "<" : ">", " (",
                                         value, ", ", Place(Value(page_.after->name)), ")"));
    }
    for (const Clause& clause : page_.filter) {
      if (!IsRange(clause) || (page_.after.has_value() && clause.comparison[0] == passed)) continue;
      conditions_.push_back(
          absl::StrCat(field, " ", clause.comparison, " ", Place(clause.values[0])));
      bounded = true;
    }
    if (!bounded) conditions_.push_back(absl::StrCat(field, " >= ", Place(LeastOf())));
  }

  Value LeastOf() const {
    if (IsNumber(*page_.order.column)) return std::numeric_limits<int64_t>::min();
    return std::string();
  }

  // A condition on the order's own field, which its index serves.
  bool IsRange(const Clause& clause) const {
    return page_.order.column != nullptr && clause.column == page_.order.column &&
           clause.values.size() == 1 && clause.comparison != "<>";
  }

  // The clause whose values are searched for; null where the page goes through what there is.
  const Clause* Leading() const {
    const Clause* best = nullptr;
    for (const Clause& clause : page_.filter) {
      if (clause.comparison != "=") continue;
      if (clause.column == nullptr) return &clause;
      if (page_.order.column != nullptr || !clause.column->filterable ||
          clause.values.size() > kSearchesMax)
        continue;
      const auto rank = [](const Clause& one) {
        return std::pair(Coarseness(one), one.values.size());
      };
      if (best == nullptr || rank(clause) < rank(*best)) best = &clause;
    }
    return best;
  }

  std::string Searches(const std::string& select, const Clause* leads) {
    if (leads == nullptr) return select;
    std::vector<std::string> places;
    for (const Value& value : leads->values) places.push_back(Place(value));
    if (leads->column == nullptr)
      return absl::StrCat(select, " AND name IN (", absl::StrJoin(places, ", "), ")");
    std::vector<std::string> searches;
    for (const std::string& place : places)
      searches.push_back(absl::StrCat(select, " AND ", leads->column->field->name(), " = ", place));
    return searches.size() == 1 ? searches[0] : Merged(searches);
  }

  // Each search ends by itself where the page would: PostgreSQL merges what is in order and small,
  // and sorts what is not.
  std::string Merged(const std::vector<std::string>& searches) const {
    std::vector<std::string> merged;
    for (const std::string& search : searches)
      merged.push_back(absl::StrCat("SELECT * FROM (", search, " ORDER BY ", OrderText(), " LIMIT ",
                                    page_.limit, ") AS search_", merged.size() + 1));
    return absl::StrJoin(merged, " UNION ALL ");
  }

  std::string OrderText() const {
    const absl::string_view direction = Descending() ? " DESC" : "";
    if (page_.order.column == nullptr) return absl::StrCat("name", direction);
    return absl::StrCat(page_.order.column->field->name(), direction, ", name", direction);
  }

  const Schema& schema_;
  const PageOrder& page_;
  std::vector<std::string> conditions_;
  std::vector<Value> parameters_;
};

}  // namespace

FilterCondition PageQuery(const Schema& schema, const PageOrder& page) {
  return Builder(schema, page).Build();
}

bool Fits(const Order& order, const std::optional<PagePlace>& after) {
  if (!after.has_value()) return true;
  if (order.column == nullptr || !after->value.has_value())
    return order.column == nullptr && !after->value.has_value();
  return std::holds_alternative<int64_t>(*after->value) == IsNumber(*order.column);
}

}  // namespace vivier::storage
