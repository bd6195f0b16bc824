// AIP-160 filters and AIP-132 orders, the part that an index serves: equalities of fields with
// literals joined by AND, several values of one field joined by OR, and a range of the field by
// which the list is ordered.
//
//   cohort = "schools/nancy/cohorts/ai-1" AND (state = "OPEN" OR state = "DRAFT")
//   start_date >= "2026-09-01" AND start_date < "2027-09-01"     with order_by "start_date desc"
//
// A caller may name `name` and the fields that the resource marks (vivier.options.v1.filterable).
// A filter of our own may name any scalar field without personal data, and exclude (!=).
// Timestamps compare with RFC 3339 texts, enums with the names of their values. Functions without
// state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

// Longest filter and order_by of a request, in characters: some twenty resource names.
inline constexpr int kFilterLengthMax = 2000;
inline constexpr int kOrderLengthMax = 100;
// Fields that one filter may name, and values of one field: more is no question of a person. Each
// value is a search of its own in the index. Names do not count: each is one row.
inline constexpr size_t kFilterClausesMax = 8;
inline constexpr size_t kFilterValuesMax = 32;

// One condition of a filter; all of them must hold.
struct Clause {
  const Schema::Column* column;  // null for the name
  std::string comparison;        // as SQL writes it; with several values "="
  std::vector<Value> values;
};

// By which field a list goes, and from which end. The name decides among equals.
struct Order {
  const Schema::Column* column = nullptr;  // null for the name alone
  bool descending = false;
};

// By what a caller may filter and order, the name first.
std::vector<std::string> FilterableFields(const Schema& schema);

// INVALID_ARGUMENT on field "order_by", with the fields that are allowed.
absl::StatusOr<Order> ParseOrder(const Schema& schema, absl::string_view order_by);

// What a caller asks: INVALID_ARGUMENT on field "filter" with the place of what is wrong, or with
// the fields that are allowed.
absl::StatusOr<std::vector<Clause>> ParseFilter(const Schema& schema, absl::string_view filter,
                                                const Order& order);

// What our own code asks, or a caller's filter that was parsed before and then narrowed.
absl::StatusOr<std::vector<Clause>> ParseOwnFilter(const Schema& schema, absl::string_view filter);

// `filter` narrowed to rows whose `field` is one of `values`, to none where there are none. The
// filter must parse by itself: AND binds last, so it cannot undo what narrows it.
std::string NarrowedTo(absl::string_view field, const std::vector<std::string>& values,
                       absl::string_view filter);

// An SQL condition for whoever finds rows by an index of their own choice: it is only looked at in
// rows that were found, no index serves it. Parameters are numbered from `first_parameter`.
struct FilterCondition {
  std::string sql;
  std::vector<Value> parameters;
};
absl::StatusOr<FilterCondition> ParseFilter(const Schema& schema, absl::string_view filter,
                                            int first_parameter);
std::string RowCondition(const Clause& clause, std::vector<Value>& parameters);

}  // namespace vivier::storage
