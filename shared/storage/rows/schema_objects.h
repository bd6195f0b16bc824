// What a database has besides rows: tables with their columns and constraints, indexes, triggers,
// views, rules, functions, and on PostgreSQL the children of tables. They are compared with what
// this program's migrations make in an empty place of the same engine, so that nobody changes by
// SQL what the program relies on: a trigger that copies or changes rows, a constraint or an index
// that is gone. Functions without state but for what migrations make, which is made once a process;
// thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/engines/migrate.h"

namespace vivier::storage {

// What each object is, by its kind and name: "trigger candidates.spy". Blanks and the name of the
// schema, which two databases may have otherwise, are left out.
using SchemaObjects = std::map<std::string, std::string>;

// What the open transaction sees.
absl::StatusOr<SchemaObjects> ReadObjects(Connection& connection);

// What the migrations make: in memory on SQLite, and on PostgreSQL in a schema of its own whose
// transaction is rolled back. PERMISSION_DENIED where our role there may not make a schema.
absl::StatusOr<SchemaObjects> MakeObjects(Database& database, absl::string_view service,
                                          absl::Span<const Migration> migrations);

// A line for each object that is gone, is another or does not belong there, and what it is; what
// acts by itself first. Of a schema that a newer program has migrated, only triggers, rules, views
// and functions are compared.
std::vector<std::string> OddObjects(const SchemaObjects& made, const SchemaObjects& found,
                                    bool is_newer);

struct ObjectsCheck {
  int64_t checked = 0;
  std::vector<std::string> odd;
  std::string not_checked;  // why nothing was compared, "" where it was
};
absl::StatusOr<ObjectsCheck> CheckObjects(Database& database, const std::string& service);

}  // namespace vivier::storage
