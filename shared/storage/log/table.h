// The table is the message: one table per resource, a column per field, one mapper that reads the
// descriptor.
//
//   field                              column
//   name                               name TEXT, primary key (school, name); it says the school
//   etag                               version BIGINT, 1 at the first write, +1 at each; the etag
//                                      is its decimal text
//   string, enum (its value's name)    TEXT
//   integers, bool                     BIGINT
//   Timestamp, Duration                BIGINT, microseconds
//   google.type.Date                   TEXT, YYYY-MM-DD
//   other messages, repeated, maps     TEXT, JSON with the .proto's field names; NULL when empty
//   repeated with searched_by          and a table of its own (search_table.h)
//   any of these with pii, or one      BYTEA, the field's protobuf encoding, encrypted with the key
//   that holds a pii field             of the person whom the message's `person` option names;
//                                      bound to table, column and row
//
// A field with presence is NULL when absent; one without has its default. The table's name is the
// resource's plural in snake case. Tables are immutable and thread-safe; a Unit is not.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

// What a List answers: messages in the order of their names and the token of the next page, "" on
// the last.
template <class M>
struct Page {
  std::vector<M> items;
  std::string next_page_token;
};

// What anybody may read of a table: the typed face of a Schema (schema.h), which does the work by
// reflection.
template <class M>
class Rows {
 public:
  Rows() : schema_(Schema::Of(M::descriptor())) {}

  const Schema& schema() const { return schema_; }

  // The resource, or NOT_FOUND; ABORTED with ETAG_MISMATCH when `etag` is given and no longer the
  // row's.
  absl::StatusOr<M> Get(Unit& unit, const std::string& name, absl::string_view etag = "") const {
    ASSIGN_OR_RETURN(std::optional<M> found, Find(unit, name));
    if (!found.has_value()) return NotFound(name);
    RETURN_IF_ERROR(schema_.CheckEtag(*found, etag));
    return *std::move(found);
  }

  absl::StatusOr<std::optional<M>> Find(Unit& unit, const std::string& name) const {
    ASSIGN_OR_RETURN(const google::protobuf::Message* row, unit.Find(schema_, name));
    if (row == nullptr) return std::nullopt;
    return static_cast<const M&>(*row);
  }

  // The resource for whoever only reads it, without a copy: valid until this unit stores the row or
  // ends.
  absl::StatusOr<const M*> View(Unit& unit, const std::string& name) const {
    ASSIGN_OR_RETURN(const google::protobuf::Message* row, unit.Find(schema_, name));
    if (row == nullptr) return NotFound(name);
    return static_cast<const M*>(row);
  }

  // Fetches rows that a loop will ask for one by one, in one round trip.
  absl::Status Prefetch(Unit& unit, absl::Span<const std::string> names) const {
    Transaction::Wanted wanted;
    for (const std::string& name : names) wanted.rows.push_back({&schema_, name});
    return unit.transaction().Prefetch(wanted);
  }

  // A condition for Select: the list `field`, which has the option `searched_by`, has the text of
  // $`parameter`.
  std::string Having(absl::string_view field, int parameter) const {
    for (const SearchTable& search : schema_.searches())
      if (search.field()->name() == field) return search.Having(parameter);
    return absl::StrCat(schema_.table(), " has no search table of ", field);  // no SQL: INTERNAL
  }

  // Rows that satisfy `condition`, an SQL text over the table's columns in which $1 is the school
  // and $2 … are `parameters`; it may end in ORDER BY. At most `limit` rows, and an error when
  // there are more: a handler that would silently see a part of the truth is wrong. Rows with
  // changes pending in this unit may not be asked for: decide before you store.
  absl::StatusOr<std::vector<M>> Select(Unit& unit, absl::string_view condition,
                                        absl::Span<const Value> parameters,
                                        int limit = kSelectRowsMax) const {
    std::vector<M> result;
    ASSIGN_OR_RETURN(bool more,
                     unit.Select(schema_, condition, parameters, limit, Collect(result)));
    if (more) return TooManyRows(limit);
    return result;
  }

  // The first `limit` rows that satisfy `condition`, in its order: for who goes on with the rest in
  // another step, or needs no more.
  absl::StatusOr<std::vector<M>> FirstOf(Unit& unit, int limit, absl::string_view condition,
                                         absl::Span<const Value> parameters) const {
    std::vector<M> result;
    RETURN_IF_ERROR(unit.Select(schema_, condition, parameters, limit, Collect(result)).status());
    return result;
  }

  // The first row that satisfies `condition`, in its order.
  absl::StatusOr<std::optional<M>> First(Unit& unit, absl::string_view condition,
                                         absl::Span<const Value> parameters) const {
    ASSIGN_OR_RETURN(std::vector<M> result, FirstOf(unit, 1, condition, parameters));
    if (result.empty()) return std::nullopt;
    return std::move(result.front());
  }

  // The number of rows that satisfy `condition`; what grows with a school is counted up to a limit.
  absl::StatusOr<int64_t> Count(Unit& unit, absl::string_view condition,
                                absl::Span<const Value> parameters,
                                int64_t limit = std::numeric_limits<int64_t>::max()) const {
    ASSIGN_OR_RETURN(std::vector<int64_t> counts,
                     Count(unit, {{std::string(condition), limit}}, parameters));
    return counts.front();
  }

  // Whether a row satisfies `condition`.
  absl::StatusOr<bool> Any(Unit& unit, absl::string_view condition,
                           absl::Span<const Value> parameters) const {
    ASSIGN_OR_RETURN(int64_t count, Count(unit, condition, parameters, 1));
    return count > 0;
  }

  // For each of `counted` how many rows satisfy its condition, or its limit where there are more.
  absl::StatusOr<std::vector<int64_t>> Count(Unit& unit, const std::vector<Unit::UpTo>& counted,
                                             absl::Span<const Value> parameters) const {
    return unit.Count(schema_, counted, parameters);
  }

  // AIP-132 and AIP-158: the children of `parent` in the order of their names, or by `order_by`.
  // `filter` is our own, or one that was parsed as its caller's (filter.h); `page_token` must come
  // from the same parent, filter and order.
  absl::StatusOr<Page<M>> List(Unit& unit, const std::string& parent, int page_size,
                               const std::string& page_token, const std::string& filter,
                               const std::string& order_by = "") const {
    Page<M> page;
    ASSIGN_OR_RETURN(
        page.next_page_token,
        unit.List(schema_, {parent, page_size, page_token, filter, order_by}, Collect(page.items)));
    return page;
  }

 private:
  static Unit::Each Collect(std::vector<M>& rows) {
    return [&rows](const google::protobuf::Message& row) {
      rows.push_back(static_cast<const M&>(row));
    };
  }

  absl::Status TooManyRows(int limit) const {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_ROWS",
                 absl::StrCat("more than ", limit, " rows of ", schema_.table(), " in one step"));
  }

  const Schema& schema_;
};

// The table as its owner has it, who alone writes: a part shows others its Rows.
template <class M>
class Table : public Rows<M> {
 public:
  // Adds a row and sets its etag; ALREADY_EXISTS when the name is taken.
  absl::Status Insert(Unit& unit, M& message) const { return unit.Insert(this->schema(), message); }

  // Stores a row that this unit has read before, and sets its new etag.
  absl::Status Update(Unit& unit, M& message) const { return unit.Update(this->schema(), message); }

  absl::Status Delete(Unit& unit, const std::string& name) const {
    return unit.Delete(this->schema(), name);
  }
};

}  // namespace vivier::storage
