#include "shared/storage/engines/database.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/storage/engines/postgres.h"
#include "shared/storage/engines/sqlite.h"

namespace vivier::storage {

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& url) {
  absl::string_view rest = url;
  if (absl::ConsumePrefix(&rest, "sqlite:")) return OpenSqlite(std::string(rest));
  if (!absl::ConsumePrefix(&rest, "postgres:"))
    return absl::InvalidArgumentError("a database is sqlite:PATH or postgres:SCHEMA:CONNINFO");
  const std::pair<std::string, std::string> parts = absl::StrSplit(rest, absl::MaxSplits(':', 1));
  return OpenPostgres(parts.first, parts.second);
}

}  // namespace vivier::storage
