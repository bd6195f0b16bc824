// What every row of every table of every service says, so that a test can prove that nothing
// changed. Stateless.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/modules.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/storage/engines/database.h"
#include "tests/support/world.h"

namespace vivier::testing {

// "enrolment.cohorts" → number of rows and hash of them all.
using Digest = std::map<std::string, std::string>;

// The tables that differ.
inline std::vector<std::string> Changed(const Digest& before, const Digest& after) {
  std::vector<std::string> changed;
  EXPECT_EQ(before.size(), after.size());
  for (const auto& [table, rows] : before)
    if (const auto now = after.find(table); now == after.end() || now->second != rows)
      changed.push_back(table);
  return changed;
}

class Digester {
 public:
  // While the world lives.
  explicit Digester(const World& world) {
    for (const site::Module& module : AllModules()) {
      auto database = storage::Database::Open(world.DatabaseUrl(module.name()));
      EXPECT_TRUE(database.ok()) << database.status();
      if (!database.ok()) continue;
      auto connection = (*database)->Connect(storage::Access::kRead);
      EXPECT_TRUE(connection.ok()) << connection.status();
      if (connection.ok())
        services_.push_back({module.name(), *std::move(database), *std::move(connection)});
    }
  }

  Digest Take() {
    Digest digest;
    for (const Service& service : services_) {
      const absl::Status taken = TakeOne(service, digest);
      EXPECT_TRUE(taken.ok()) << service.name << " " << taken;
    }
    EXPECT_GT(digest.size(), 30u);
    return digest;
  }

 private:
  struct Service {
    std::string name;
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::Connection> connection;
  };

  static absl::Status TakeOne(const Service& service, Digest& digest) {
    const bool sqlite = service.database->engine() == storage::Engine::kSqlite;
    RETURN_IF_ERROR(service.connection->Begin(storage::Access::kRead));
    ASSIGN_OR_RETURN(
        storage::Result tables,
        service.connection->Query(
            sqlite
                ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                : "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE "
                  "table_schema = "
                  "current_schema()"));
    for (const storage::Row& row : tables.rows) {
      const std::string& table = std::get<std::string>(row[0]);
      ASSIGN_OR_RETURN(storage::Result rows,
                       service.connection->Query(absl::StrCat("SELECT * FROM ", table)));
      digest[absl::StrCat(service.name, ".", table)] = TextOf(rows.rows);
    }
    return service.connection->Commit();
  }

  static std::string TextOf(const std::vector<storage::Row>& rows) {
    std::vector<std::string> lines;
    for (const storage::Row& row : rows) {
      std::string line;
      for (const storage::Value& value : row)
        absl::StrAppend(&line, value.index(), ":", TextOf(value), "\n");
      lines.push_back(Sha256(line));
    }
    std::sort(lines.begin(), lines.end());
    return absl::StrCat(rows.size(), " rows ", Hex(Sha256(absl::StrJoin(lines, ""))));
  }

  static std::string TextOf(const storage::Value& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* bytes = std::get_if<storage::Bytes>(&value)) return bytes->data;
    return "";
  }

  std::vector<Service> services_;
};

}  // namespace vivier::testing
