// What somebody could change in a table: one value of a row, a row deleted, doubled, moved below
// another parent or put back as it was. Functions without state.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "shared/storage/engines/migrate.h"
#include "shared/storage/rows/schema.h"
#include "tests/tamper/stopped_site.h"

namespace vivier::testing {

// A table as it lies in the stopped site: its rows in an order that the seed gives.
struct TableRows {
  std::string service, table;
  std::vector<storage::Column> columns;
  std::vector<storage::Row> rows;
  std::vector<std::string> places;          // of each row, as the engine finds it
  const storage::Schema* schema = nullptr;  // null for tables that have no .proto

  size_t ColumnAt(const std::string& name) const;
};

TableRows ReadTable(StoppedSite& site, const std::string& service, const std::string& table,
                    std::mt19937& random);

using Changes = std::vector<storage::Connection::Statement>;

// Other values for the column of a row: what another row says, else another one of its kind. None
// where the value is NULL.
Changes OtherValues(const TableRows& table, size_t row, size_t column, storage::Engine engine);

// None where the table has no such thing.
Changes Deleted(const TableRows& table, size_t row, storage::Engine engine);
Changes Doubled(const TableRows& table, size_t row, storage::Engine engine);
Changes Moved(const TableRows& table, size_t row, storage::Engine engine);

// The row as it was in `before`, rows by name; none where it is the same or was not there.
Changes PutBack(const TableRows& table, size_t row,
                const std::map<std::string, storage::Row>& before, storage::Engine engine);

}  // namespace vivier::testing
