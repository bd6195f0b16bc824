#include "tests/walls/one_service.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"
#include "tests/support/macs.h"

namespace vivier::testing {
namespace {

using storage::Access;
using storage::Connection;
using storage::Result;
using storage::Value;

// Another connection that remembers what it was asked.
class Recording : public Connection {
 public:
  Recording(std::unique_ptr<Connection> connection, std::vector<Statement>& asked)
      : connection_(std::move(connection)), asked_(asked) {}

  storage::Engine engine() const override { return connection_->engine(); }
  absl::Status Begin(Access access) override { return connection_->Begin(access); }
  absl::Status Commit() override { return connection_->Commit(); }
  void Rollback() override { connection_->Rollback(); }
  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override {
    asked_.push_back({std::string(sql), {parameters.begin(), parameters.end()}});
    return connection_->Query(sql, parameters);
  }
  absl::StatusOr<std::vector<Result>> QueryAll(absl::Span<const Statement> statements) override {
    asked_.insert(asked_.end(), statements.begin(), statements.end());
    return connection_->QueryAll(statements);
  }
  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override {
    return connection_->Send(sql, parameters, expected_changes);
  }
  absl::Status Script(absl::string_view sql) override { return connection_->Script(sql); }
  absl::Status Maintain(bool idle) override { return connection_->Maintain(idle); }
  bool InTransaction() const override { return connection_->InTransaction(); }
  absl::Status Poison(absl::Status status) override { return connection_->Poison(status); }
  absl::Status Health() const override { return connection_->Health(); }

 private:
  const std::unique_ptr<Connection> connection_;
  std::vector<Statement>& asked_;
};

void Bind(sqlite3_stmt* statement, const std::vector<Value>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = absl::StrCat("$", i + 1);
    const int place = sqlite3_bind_parameter_index(statement, name.c_str());
    if (place == 0) continue;
    if (const auto* number = std::get_if<int64_t>(&parameters[i]))
      sqlite3_bind_int64(statement, place, *number);
    if (const auto* text = std::get_if<std::string>(&parameters[i]))
      sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()),
                        SQLITE_TRANSIENT);
  }
}

}  // namespace

OneService::OneService(storage::Engine engine, rpc::Service service)
    : url_(FreshUrl(engine)), service_(std::move(service)) {
  database_ = *storage::Database::Open(url_);
  EXPECT_EQ(storage::Migrate(*database_, service_.name()), absl::OkStatus());
  connection_ = std::make_unique<Recording>(*database_->Connect(Access::kWrite), asked_);
  const auto methods = service_.Build();
  EXPECT_EQ(methods.status(), absl::OkStatus());
  for (const auto& method : *methods) handlers_[method.descriptor->input_type()] = method.handler;
  for (const auto& reaction : service_.reactions()) reactions_[reaction.event] = reaction.reaction;
  if (engine == storage::Engine::kPostgres)
    Execute("SELECT set_config('enable_seqscan', 'off', false)");
}

void OneService::Fill(const std::string& into, const std::string& values, int first, int last) {
  Execute(absl::StrCat("INSERT INTO ", into, " SELECT ", values,
                       " FROM (WITH RECURSIVE numbers (i) AS (SELECT CAST(", first,
                       " AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < ", last,
                       ") SELECT i FROM numbers) AS numbers WHERE i <= ", last));
}

void OneService::Execute(const std::string& sql) {
  ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
  ASSERT_EQ(connection_->Query(sql).status(), absl::OkStatus()) << sql;
  ASSERT_EQ(connection_->Commit(), absl::OkStatus());
  wrote_ = true;
}

int64_t OneService::Number(const std::string& sql) {
  EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  const absl::StatusOr<Result> result = connection_->Query(sql);
  connection_->Rollback();
  EXPECT_EQ(result.status(), absl::OkStatus()) << sql;
  return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
}

absl::Status OneService::Run(const std::function<absl::Status(rpc::Call&)>& run) {
  if (std::exchange(wrote_, false))
    RETURN_IF_ERROR(MakeMacs(*connection_, service_.schemas(), "nancy", key_));
  asked_.clear();
  RETURN_IF_ERROR(connection_->Begin(Access::kWrite));
  storage::Transaction transaction(*connection_, "nancy", &key_);
  absl::Status status = transaction.LockHead();
  storage::Unit unit(transaction);
  rpc::Call call(caller, now, unit, fetched_);
  if (status.ok()) status = run(call);
  if (status.ok()) status = unit.Apply({"test", "test", "", "", "", ""}, now);
  if (status.ok()) status = transaction.StoreHead();
  if (status.ok() && rolls_back)  // PostgreSQL has done what was sent once it answers
    status = connection_->Query("SELECT CAST(1 AS BIGINT)").status();
  if (status.ok() && !rolls_back) return connection_->Commit();
  connection_->Rollback();
  return status;
}

int OneService::RunTicks() {
  int done = 0;
  while (true) {
    std::vector<std::pair<const rpc::TickRow*, std::string>> due;
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    for (const rpc::TickRow& tick : service_.ticks()) {
      const auto found = connection_->Query(
          absl::StrCat("SELECT name FROM ", tick.schema->table(), " WHERE school = 'nancy' AND ",
                       tick.due_column, " <= ", absl::ToUnixMicros(now)));
      EXPECT_EQ(found.status(), absl::OkStatus());
      for (const storage::Row& row : found->rows)
        due.emplace_back(&tick, std::get<std::string>(row[0]));
    }
    connection_->Rollback();
    if (due.empty()) return done;
    for (const auto& [tick, name] : due) {
      const absl::Status status = Run([&](rpc::Call& call) { return tick->handle(call, name); });
      EXPECT_EQ(status, absl::OkStatus()) << tick->name << " " << name;
      if (!status.ok()) return done;
      ++done;
    }
  }
}

std::vector<std::string> OneService::Broken() {
  std::vector<std::string> broken;
  EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  storage::Transaction transaction(*connection_, "nancy", &key_);
  for (const rpc::Invariant& invariant : service_.invariants()) {
    // Compares rows with acts, which rows that were put by SQL have not.
    if (invariant.id == "I16") continue;
    const absl::StatusOr<rpc::Breaches> breaches = invariant.check(transaction);
    EXPECT_EQ(breaches.status(), absl::OkStatus());
    if (breaches.ok() && breaches->violations > 0)
      broken.push_back(
          absl::StrCat(invariant.id, " ", breaches->first_row, ": ", breaches->explanation));
  }
  connection_->Rollback();
  return broken;
}

int64_t OneService::StepsOnSqlite(const Connection::Statement& statement) {
  sqlite3* file = nullptr;
  const std::string path(absl::StripPrefix(url_, "sqlite:"));
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &file, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* compiled = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(file, statement.sql.c_str(), -1, &compiled, nullptr), SQLITE_OK)
      << statement.sql;
  Bind(compiled, statement.parameters);
  while (sqlite3_step(compiled) == SQLITE_ROW) continue;
  const int64_t steps = sqlite3_stmt_status(compiled, SQLITE_STMTSTATUS_VM_STEP, 0);
  EXPECT_EQ(sqlite3_stmt_status(compiled, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0), 0) << statement.sql;
  sqlite3_finalize(compiled);
  sqlite3_close(file);
  return steps;
}

int64_t OneService::RowsOnPostgres(const Connection::Statement& statement) {
  static const RE2& touched =
      *new RE2("actual rows=(\\d+) loops=(\\d+)|Rows Removed by (?:Index Recheck|Filter): (\\d+)");
  EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  // Who only reads takes no lock.
  const absl::string_view reading = absl::StripSuffix(statement.sql, " FOR UPDATE");
  const auto plan = connection_->Query(absl::StrCat("EXPLAIN (ANALYZE, TIMING OFF) ", reading),
                                       statement.parameters);
  connection_->Rollback();
  EXPECT_EQ(plan.status(), absl::OkStatus()) << statement.sql;
  int64_t rows = 0;
  for (const storage::Row& line : plan.ok() ? plan->rows : std::vector<storage::Row>()) {
    std::string read, loops, removed;
    if (!RE2::PartialMatch(std::get<std::string>(line[0]), touched, &read, &loops, &removed))
      continue;
    int64_t a = 0, b = 0;
    if (absl::SimpleAtoi(read, &a) && absl::SimpleAtoi(loops, &b)) rows += a * b;
    if (absl::SimpleAtoi(removed, &a)) rows += a;
  }
  return rows;
}

int64_t OneService::WorkOfLastCall() {
  const std::vector<Connection::Statement> asked = std::exchange(asked_, {});
  int64_t work = 0;
  for (const Connection::Statement& statement : asked) {
    if (!absl::StartsWith(statement.sql, "SELECT")) continue;
    work += 1 + (connection_->engine() == storage::Engine::kSqlite ? StepsOnSqlite(statement)
                                                                   : RowsOnPostgres(statement));
  }
  return work;
}

}  // namespace vivier::testing
