#include "tests/tamper/stopped_site.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/process/verify.h"
#include "shared/relations/claims.h"
#include "shared/storage/log/unit.h"
#include "tests/support/engines.h"

namespace vivier::testing {

using site::v1::VerifyInvariantsResponse;
using storage::Access;
using storage::Connection;
using storage::Engine;

StoppedSite::StoppedSite(World& world)
    : key_(*security::SchoolKey::Load(world.data() + "/keys/school.key")) {
  for (site::Module& module : AllModules()) {
    const std::string name = module.name();
    Part& part = parts_.emplace(name, Part{module, site::WithTheHouses(module.service), {}, {}, {}})
                     .first->second;
    part.database = *storage::Database::Open(world.DatabaseUrl(name));
    part.connection = *part.database->Connect(Access::kWrite);
    engine_ = part.connection->engine();
    SetGuardsAside(*part.connection);
    EXPECT_EQ(part.connection->Begin(Access::kRead), absl::OkStatus());
    EXPECT_EQ(Look(part, part.truth), absl::OkStatus());
    part.connection->Rollback();
  }
}

std::vector<std::string> StoppedSite::services() const {
  std::vector<std::string> names;
  for (const auto& [name, part] : parts_) names.push_back(name);
  return names;
}

const rpc::Service& StoppedSite::house(const std::string& service) const {
  return parts_.at(service).house;
}

void StoppedSite::SetGuardsAside(Connection& connection) {
  const char* guards =
      connection.engine() == Engine::kSqlite
          ? "SELECT 'DROP ' || type || ' ' || name FROM sqlite_master "
            "WHERE type = 'trigger' OR sql LIKE 'CREATE UNIQUE INDEX%' "
            "UNION ALL SELECT 'PRAGMA ignore_check_constraints = ON'"
          : "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || "
            "quote_ident(conname) FROM pg_constraint WHERE contype = 'c' AND "
            "connamespace = current_schema()::regnamespace UNION ALL "
            "SELECT 'DROP TRIGGER ' || quote_ident(tgname) || ' ON ' || "
            "tgrelid::regclass FROM pg_trigger t JOIN pg_class c "
            "ON c.oid = t.tgrelid WHERE NOT tgisinternal AND c.relnamespace = "
            "current_schema()::regnamespace UNION ALL "
            "SELECT 'DROP INDEX ' || quote_ident(indexname) FROM pg_indexes "
            "WHERE schemaname = current_schema() AND indexdef LIKE "
            "'CREATE UNIQUE%' AND indexname NOT LIKE '%_pkey'";
  ASSERT_EQ(connection.Begin(Access::kWrite), absl::OkStatus());
  const auto drops = connection.Query(guards);
  ASSERT_TRUE(drops.ok()) << drops.status();
  for (const storage::Row& drop : drops->rows)
    EXPECT_EQ(connection.Query(std::get<std::string>(drop[0])).status(), absl::OkStatus());
  ASSERT_EQ(connection.Commit(), absl::OkStatus());
}

absl::Status StoppedSite::Look(Part& part, VerifyInvariantsResponse& response) {
  storage::Transaction transaction(*part.connection, World::kSchool, &key_);
  return site::VerifyRows(part.house, relations::Detail::kEveryClaim, transaction, response);
}

std::vector<std::string> StoppedSite::Findings(VerifyInvariantsResponse response) const {
  site::CompareCursors(response);
  if (site::IsAtRest(response)) site::CompareClaims(response);
  std::vector<std::string> findings;
  for (const site::v1::InvariantReport& report : response.reports())
    if (report.violations() > 0 && blind.count(report.invariant()) == 0)
      findings.push_back(absl::StrCat(report.invariant(), " ", report.service(), " ",
                                      report.first_row(), ": ", report.explanation()));
  return findings;
}

std::vector<std::string> StoppedSite::FoundInTruth() {
  VerifyInvariantsResponse all;
  for (const auto& [name, part] : parts_) all.MergeFrom(part.truth);
  return Findings(std::move(all));
}

storage::Result StoppedSite::Read(const std::string& service, const std::string& sql) {
  Connection& connection = *parts_.at(service).connection;
  EXPECT_EQ(connection.Begin(Access::kRead), absl::OkStatus());
  absl::StatusOr<storage::Result> result = connection.Query(sql);
  connection.Rollback();
  EXPECT_TRUE(result.ok()) << sql << " " << result.status();
  return result.ok() ? *std::move(result) : storage::Result();
}

std::vector<std::string> StoppedSite::Tables(const std::string& service) {
  Connection& connection = *parts_.at(service).connection;
  EXPECT_EQ(connection.Begin(Access::kRead), absl::OkStatus());
  const std::vector<std::string> tables = TablesIn(connection);
  connection.Rollback();
  return tables;
}

std::vector<storage::Column> StoppedSite::Columns(const std::string& service,
                                                  const std::string& table) {
  Connection& connection = *parts_.at(service).connection;
  EXPECT_EQ(connection.Begin(Access::kRead), absl::OkStatus());
  const auto columns = storage::Columns(connection, table);
  connection.Rollback();
  EXPECT_TRUE(columns.ok()) << columns.status();
  return columns.ok() ? *columns : std::vector<storage::Column>();
}

std::optional<std::vector<std::string>> StoppedSite::Tamper(const std::string& service,
                                                            const Connection::Statement& change) {
  Part& part = parts_.at(service);
  EXPECT_EQ(part.connection->Begin(Access::kWrite), absl::OkStatus());
  const auto changed = part.connection->Query(change.sql, change.parameters);
  if (!changed.ok() || changed->changes == 0) {
    part.connection->Rollback();
    return std::nullopt;
  }
  VerifyInvariantsResponse response;
  for (const auto& [name, other] : parts_)
    if (name != service) response.MergeFrom(other.truth);
  const absl::Status looked = Look(part, response);
  part.connection->Rollback();
  if (!looked.ok()) return std::vector<std::string>{std::string(looked.message())};
  return Findings(std::move(response));
}

}  // namespace vivier::testing
