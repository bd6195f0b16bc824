#include "shared/storage/engines/postgres.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/postgres_pipeline.h"
#include "shared/storage/engines/postgres_session.h"
#include "shared/storage/engines/read_budget.h"

namespace vivier::storage {
namespace {

class PostgresDriver final : public Driver {
 public:
  PostgresDriver(std::shared_ptr<PostgresTarget> target, Access access)
      : target_(std::move(target)), access_(access) {}

  // Connects, or connects again.
  absl::Status Open() {
    pipeline_.Close();
    ASSIGN_OR_RETURN(PostgresHandle session, OpenSession(*target_, access_));
    return pipeline_.Start(std::move(session));
  }

  absl::Status Begin(Access access) override {
    if (access == Access::kWrite && access_ != Access::kWrite)
      return absl::InternalError("a write transaction on a kRead connection");
    if (!pipeline_.StillConnected()) RETURN_IF_ERROR(Open());
    transaction_access_ = access;
    RETURN_IF_ERROR(pipeline_.Begin(access == Access::kWrite
                                        ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                        : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    if (access != Access::kLongRead) return absl::OkStatus();
    return pipeline_.SendControl("SET LOCAL statement_timeout=0");
  }

  absl::Status Commit() override {
    const auto is_statement = [](const PostgresReply& reply) {
      return reply.kind == PostgresReply::Kind::kStatement;
    };
    const auto has_expectation = [](const PostgresReply& reply) {
      return reply.expected_changes >= 0;
    };
    const absl::Span<const PostgresReply> due = pipeline_.due();
    if (transaction_access_ != Access::kWrite &&
        std::none_of(due.begin(), due.end(), is_statement)) {
      RETURN_IF_ERROR(pipeline_.SendControl("COMMIT"));
      return pipeline_.SendSync();  // nobody needs the answer; it is read with the next one
    }
    // A wrong number of changes is seen on this side only, so COMMIT must not be on its way yet.
    if (std::any_of(due.begin(), due.end(), has_expectation)) RETURN_IF_ERROR(Drain());
    RETURN_IF_ERROR(pipeline_.SendControl("COMMIT", PostgresReply::Kind::kCommit));
    const absl::Status status = Drain();
    if (!pipeline_.connected())
      return absl::UnavailableError("the connection was lost at COMMIT: its outcome is unknown");
    return status;
  }

  void Rollback() override {
    if (!pipeline_.connected()) return;
    // A statement that fails makes the server skip all up to the next sync, so ROLLBACK comes after
    // one.
    absl::Status status = pipeline_.due().empty() ? absl::OkStatus() : pipeline_.SendSync();
    if (status.ok()) status = pipeline_.SendControl("ROLLBACK");
    if (status.ok()) pipeline_.Drain().IgnoreError();  // of statements that are undone
    if (!pipeline_.Idle()) pipeline_.Close();
  }

  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override {
    Result result;
    RETURN_IF_ERROR(pipeline_.Enqueue(sql, parameters, -1, &result));
    RETURN_IF_ERROR(Drain());
    return result;
  }

  absl::StatusOr<std::vector<Result>> QueryAll(
      absl::Span<const Connection::Statement> statements) override {
    std::vector<Result> results(statements.size());
    absl::Status status;
    for (size_t i = 0; i < statements.size() && status.ok(); ++i)
      status = pipeline_.Enqueue(statements[i].sql, statements[i].parameters, -1, &results[i]);
    const absl::Status drained =
        Drain();  // also after a failure: the answers due point into `results`
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(drained);
    return results;
  }

  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override {
    return pipeline_.Enqueue(sql, parameters, expected_changes, nullptr);
  }

  absl::Status Script(absl::string_view sql) override { return pipeline_.Script(sql); }

  absl::Status Maintain(bool) override { return absl::OkStatus(); }  // autovacuum is the server's

  bool Alive() const override { return pipeline_.Alive(); }

 private:
  // The server ends a reader's statement that takes too long, and another one only when it is told.
  absl::Status Drain() {
    absl::Status status = pipeline_.Drain();
    if (!absl::IsCancelled(status)) return status;
    return transaction_access_ == Access::kRead ? ReadTooLarge()
                                                : absl::UnavailableError(status.message());
  }

  const std::shared_ptr<PostgresTarget> target_;
  const Access access_;
  PostgresPipeline pipeline_;
  Access transaction_access_ = Access::kRead;
};

constexpr char kAmcheck[] = "amcheck";

// The schema that the extension is in, or "".
absl::StatusOr<std::string> SchemaOfAmcheck(Connection& connection) {
  RETURN_IF_ERROR(connection.Begin(Access::kLongRead));
  ASSIGN_OR_RETURN(const Result found,
                   connection.Query("SELECT CAST(quote_ident(n.nspname) AS TEXT) FROM pg_extension "
                                    "e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE "
                                    "e.extname = $1",
                                    {Value(kAmcheck)}));
  RETURN_IF_ERROR(connection.Commit());
  return found.rows.empty() ? "" : std::get<std::string>(found.rows[0][0]);
}

// Each in a transaction of its own, which damage ends. What it says of a table is of places and
// lengths, never of values.
absl::Status CheckOne(Connection& connection, const std::string& name, const std::string& sql,
                      StorageCheck& check) {
  RETURN_IF_ERROR(connection.Begin(Access::kLongRead));
  const absl::StatusOr<Result> result = connection.Query(sql, {Value(name)});
  connection.Rollback();
  if (!result.ok() && !absl::IsDataLoss(result.status())) return result.status();
  ++check.checked;
  if (!result.ok()) check.damaged.push_back(absl::StrCat(name, " is damaged"));
  if (result.ok())
    for (const Row& row : result->rows)
      if (const auto& said = std::get<std::string>(row[0]); !said.empty())
        check.damaged.push_back(absl::StrCat(name, ": ", said));
  return absl::OkStatus();
}

// Every table and index of the schema, by PostgreSQL's own extension.
absl::StatusOr<StorageCheck> Amcheck(Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(const std::string amcheck, SchemaOfAmcheck(connection));
  if (amcheck.empty())
    return StorageCheck{0, {}, "PostgreSQL has no amcheck here: CREATE EXTENSION amcheck"};
  StorageCheck check;
  RETURN_IF_ERROR(connection.Begin(Access::kLongRead));
  ASSIGN_OR_RETURN(const Result relations,
                   connection.Query("SELECT CAST(quote_ident(n.nspname) || '.' || "
                                    "quote_ident(c.relname) AS TEXT), CAST(c.relkind AS TEXT) FROM "
                                    "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                    "WHERE n.nspname = $1 AND c.relkind IN ('r', 'i') ORDER BY 1",
                                    {Value(schema)}));
  RETURN_IF_ERROR(connection.Commit());
  const std::string of_index =
      absl::StrCat("SELECT CAST(", amcheck, ".bt_index_check(CAST($1 AS regclass), true) AS TEXT)");
  const std::string of_table =
      absl::StrCat("SELECT CAST('block ' || blkno || ': ' || msg AS TEXT) FROM ", amcheck,
                   ".verify_heapam(CAST($1 AS regclass))");
  for (const Row& row : relations.rows) {
    const bool is_index = std::get<std::string>(row[1]) == "i";
    RETURN_IF_ERROR(
        CheckOne(connection, std::get<std::string>(row[0]), is_index ? of_index : of_table, check));
  }
  return check;
}

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::shared_ptr<PostgresTarget> target) : target_(std::move(target)) {}

  Engine engine() const override { return Engine::kPostgres; }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(Access access) override {
    auto driver = std::make_unique<PostgresDriver>(target_, access);
    RETURN_IF_ERROR(driver->Open());
    return std::make_unique<CheckedConnection>(Engine::kPostgres, std::move(driver));
  }

  absl::StatusOr<StorageCheck> CheckStorage() override {
    ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, Connect(Access::kRead));
    return Amcheck(*connection, target_->schema);
  }

 private:
  const std::shared_ptr<PostgresTarget> target_;
};

bool IsSchemaName(absl::string_view name) {
  constexpr size_t kNameBytesMax = 63;  // PostgreSQL cuts longer names
  const auto fits = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || c == '_';
  };
  const auto digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  return !name.empty() && name.size() <= kNameBytesMax && fits(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return fits(c) || digit(c); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& schema,
                                                       const std::string& conninfo) {
  if (!IsSchemaName(schema))
    return absl::InvalidArgumentError(absl::StrCat("not a schema name: ", schema));
  auto target = std::make_shared<PostgresTarget>();
  target->schema = schema;
  target->conninfo = conninfo;
  return std::make_unique<PostgresDatabase>(std::move(target));
}

}  // namespace vivier::storage
