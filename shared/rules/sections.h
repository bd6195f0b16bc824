// The sections of a rule table, each read from its rows into the table; what a section refers to
// stands above it. Pure functions; thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "shared/rules/lines.h"
#include "shared/rules/table.h"

namespace vivier::rules {

using Rows = absl::Span<const Line>;

// `name | type | meaning`, into the facts or the answers.
absl::Status ReadFields(Rows rows, const Table& table, std::vector<Field>& fields);
absl::Status ReadParameters(Rows rows, Table& table);
absl::Status ReadDecision(const Cell& name, Rows rows, Table& table);
// `cases NAME` of a decision, `cases parameters` of the parameters.
absl::Status ReadCases(const Cell& name, Rows rows, Table& table);

// `2019-01-01 ..`, `.. 2024-12-31`, both, or `always`.
absl::StatusOr<Validity> ReadValidity(const Cell& cell);
// Sets what the word says: `source`, `confirmed` or `review`.
absl::Status ReadOrigin(absl::string_view word, const Cell& cell, Origin& origin);

template <class T>
absl::Status Take(absl::StatusOr<T> read, T& into) {
  if (!read.ok()) return read.status();
  into = *std::move(read);
  return absl::OkStatus();
}

}  // namespace vivier::rules
