#include "shared/storage/engines/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/log/log_limit.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/postgres_errors.h"
#include "shared/storage/engines/postgres_values.h"

namespace vivier::storage {
namespace {

// Below the 5 s that a server gives a request: a dead host must not take the whole of it. Seconds.
constexpr char kConnectTimeout[] = "2";
// Unacknowledged bytes on a dead network are given up after this, milliseconds; the kernel would
// try for 15 minutes.
constexpr char kTcpUserTimeout[] = "4000";
// lock_timeout: a batch holds the head row for tens of milliseconds and a paused writer for one
// second at most, so a longer wait is a fault to report, not to sit out.
// idle_in_transaction_session_timeout: a writer that is paused with the head row locked stops its
// school; a reader stops only the clean-up of old row versions.
constexpr char kWriterSettings[] =
    "SET lock_timeout='3s'; SET idle_in_transaction_session_timeout='1s'; SET "
    "client_min_messages=error;"
    "SELECT set_config('synchronous_commit','on',false) WHERE "
    "current_setting('synchronous_commit')='off'";
constexpr char kReaderSettings[] =
    "SET lock_timeout='3s'; SET idle_in_transaction_session_timeout='60s'; SET "
    "client_min_messages=error";

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

struct Prepared {
  std::string sql;
  std::string name;
  size_t parameters_used = 0;
  std::vector<Oid> types;  // of the parameters; kUnknown until the server described them
  bool described = false;
  int64_t transaction = 0;  // that prepared it
};

// An answer that is due, in the order of sending.
struct Reply {
  enum class Kind { kPrepare, kDescribe, kStatement, kControl, kCommit, kSync };
  Kind kind;
  Prepared* prepared = nullptr;   // of the first three kinds
  int64_t expected_changes = -1;  // of kStatement
  Result* result = nullptr;       // of kStatement: null when nobody needs its rows
};

absl::Status ReadRows(const PGresult* result, absl::string_view sql, Result& out) {
  const int columns = PQnfields(result);
  for (int i = 0; i < columns; ++i) {
    const Oid type = PQftype(result, i);
    if (type != kBigint && type != kText && type != kBytea)
      return ForeignType(PQfname(result, i), sql);
  }
  out.rows.resize(static_cast<size_t>(PQntuples(result)));
  for (size_t row = 0; row < out.rows.size(); ++row) {
    out.rows[row].reserve(static_cast<size_t>(columns));
    for (int i = 0; i < columns; ++i)
      out.rows[row].push_back(ReadValue(result, static_cast<int>(row), i));
  }
  return absl::OkStatus();
}

// A SELECT counts its rows in the same field, but changes none.
int64_t Changes(PGresult* result) {
  int64_t changes = 0;
  if (absl::StartsWith(PQcmdStatus(result), "SELECT") ||
      !absl::SimpleAtoi(PQcmdTuples(result), &changes))
    return 0;
  return changes;
}

// Where the connections of one database lead.
struct Target {
  std::string schema;
  std::string conninfo;
  std::mutex mutex;
  bool schema_ready = false;  // guarded by mutex
};

absl::Status Execute(PGconn* connection, const std::string& sql) {
  const ResultPointer result(PQexec(connection, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return absl::OkStatus();
  return PostgresError(result.get(), sql);
}

// Byte order, as SQLite sorts: any other collation gives other pages of a list.
absl::Status CheckCollation(PGconn* connection) {
  constexpr char kSql[] =
      "SELECT 1 FROM pg_database WHERE datname = current_database() AND encoding = "
      "pg_char_to_encoding('UTF8')"
      " AND datlocprovider = 'c' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')";
  const ResultPointer result(PQexec(connection, kSql));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return PostgresError(result.get(), kSql);
  if (PQntuples(result.get()) == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the PostgreSQL database must have encoding UTF8 and collation C.UTF-8");
}

// Only a role that may create in the database can create it; an existing schema needs no such
// right.
absl::Status CreateSchema(PGconn* connection, const std::string& schema) {
  const std::string exists =
      absl::StrCat("SELECT 1 FROM pg_namespace WHERE nspname = '", schema, "'");
  const ResultPointer result(PQexec(connection, exists.c_str()));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return PostgresError(result.get(), exists);
  if (PQntuples(result.get()) == 1) return absl::OkStatus();
  // Two at once would violate a unique index of the catalogue.
  return Execute(connection,
                 absl::StrCat("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('", schema,
                              "', 1)); CREATE SCHEMA IF NOT EXISTS \"", schema, "\"; COMMIT"));
}

// What libpq says names hosts and paths, which are the operator's to know and not the caller's.
absl::Status CannotConnect(PGconn* connection) {
  constexpr int kLinesPerSecond = 1;
  static LogLimit& limit = *new LogLimit(kLinesPerSecond);
  if (const std::optional<uint64_t> left_out = limit.Enter(absl::Now()); left_out.has_value())
    Log(LogLevel::kWarning, "the database cannot be reached",
        {{"error", absl::StripAsciiWhitespace(PQerrorMessage(connection))},
         {"left_out", absl::StrCat(*left_out)}});
  return absl::UnavailableError("the database cannot be reached");
}

absl::StatusOr<Handle> OpenHandle(const std::string& conninfo) {
  // libpq expands the conninfo in place of dbname, and what comes later wins.
  const char* const names[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                               "dbname",          "client_encoding",  nullptr};
  const char* const values[] = {kConnectTimeout,  kTcpUserTimeout, "vivier",
                                conninfo.c_str(), "UTF8",          nullptr};
  Handle connection(PQconnectdbParams(names, values, /*expand_dbname=*/1));
  if (PQstatus(connection.get()) != CONNECTION_OK) return CannotConnect(connection.get());
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

class PostgresDriver final : public Driver {
 public:
  PostgresDriver(std::shared_ptr<Target> target, Access access)
      : target_(std::move(target)), access_(access) {}

  // Connects, or connects again: what the lost session had prepared and owed is forgotten.
  absl::Status Open() {
    replies_.clear();
    prepared_.clear();
    forget_prepared_ = false;
    connection_.reset();
    ASSIGN_OR_RETURN(Handle connection, OpenHandle(target_->conninfo));
    RETURN_IF_ERROR(Configure(connection.get()));
    if (PQsetnonblocking(connection.get(), 1) != 0 || PQenterPipelineMode(connection.get()) != 1)
      return absl::UnavailableError("the connection to the database cannot pipeline");
    connection_ = std::move(connection);
    return absl::OkStatus();
  }

  absl::Status Begin(Access access) override {
    if (access == Access::kWrite && access_ == Access::kRead)
      return absl::InternalError("a write transaction on a kRead connection");
    if (!StillConnected()) RETURN_IF_ERROR(Open());
    if (forget_prepared_ || prepared_.size() > kPreparedStatementsMax)
      RETURN_IF_ERROR(ForgetPrepared());
    transaction_access_ = access;
    transaction_ += 1;
    transaction_lost_ = false;
    return SendControl(access == Access::kWrite
                           ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                           : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }

  absl::Status Commit() override {
    const auto is_statement = [](const Reply& reply) {
      return reply.kind == Reply::Kind::kStatement;
    };
    const auto has_expectation = [](const Reply& reply) { return reply.expected_changes >= 0; };
    if (transaction_access_ == Access::kRead &&
        std::none_of(replies_.begin(), replies_.end(), is_statement)) {
      RETURN_IF_ERROR(SendControl("COMMIT"));
      return SendSync();  // nobody needs the answer; it is read with the next one
    }
    // A wrong number of changes is seen on this side only, so COMMIT must not be on its way yet.
    if (std::any_of(replies_.begin(), replies_.end(), has_expectation)) RETURN_IF_ERROR(Drain());
    RETURN_IF_ERROR(SendControl("COMMIT", Reply::Kind::kCommit));
    const absl::Status status = Drain();
    if (!connection_)
      return absl::UnavailableError("the connection was lost at COMMIT: its outcome is unknown");
    return status;
  }

  void Rollback() override {
    if (!connection_) return;
    // A statement that fails makes the server skip all up to the next sync, so ROLLBACK comes after
    // one.
    absl::Status status = replies_.empty() ? absl::OkStatus() : SendSync();
    if (status.ok()) status = SendControl("ROLLBACK");
    if (status.ok()) Drain().IgnoreError();  // of statements that are undone
    if (connection_ && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) connection_.reset();
  }

  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override {
    Result result;
    RETURN_IF_ERROR(Enqueue(sql, parameters, -1, &result));
    RETURN_IF_ERROR(Drain());
    return result;
  }

  absl::StatusOr<std::vector<Result>> QueryAll(
      absl::Span<const Connection::Statement> statements) override {
    std::vector<Result> results(statements.size());
    absl::Status status;
    for (size_t i = 0; i < statements.size() && status.ok(); ++i)
      status = Enqueue(statements[i].sql, statements[i].parameters, -1, &results[i]);
    const absl::Status drained =
        Drain();  // also after a failure: the answers due point into `results`
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(drained);
    return results;
  }

  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override {
    return Enqueue(sql, parameters, expected_changes, nullptr);
  }

  absl::Status Script(absl::string_view sql) override {
    RETURN_IF_ERROR(Drain());
    if (PQexitPipelineMode(connection_.get()) != 1) return Lost();
    const absl::Status status = Execute(connection_.get(), std::string(sql));
    if (PQstatus(connection_.get()) != CONNECTION_OK || PQenterPipelineMode(connection_.get()) != 1)
      return Lost();
    return status;
  }

  absl::Status Maintain(bool) override { return absl::OkStatus(); }  // autovacuum is the server's

  bool Alive() const override { return connection_ != nullptr && !transaction_lost_; }

 private:
  absl::Status Lost() {
    connection_.reset();
    return absl::UnavailableError("the connection to the database was lost");
  }

  absl::Status Configure(PGconn* connection) {
    RETURN_IF_ERROR(CheckCollation(connection));
    RETURN_IF_ERROR(
        Execute(connection, access_ == Access::kWrite ? kWriterSettings : kReaderSettings));
    if (access_ == Access::kWrite) {
      const std::lock_guard<std::mutex> guard(target_->mutex);
      if (!target_->schema_ready) RETURN_IF_ERROR(CreateSchema(connection, target_->schema));
      target_->schema_ready = true;
    }
    return Execute(connection, absl::StrCat("SET search_path TO \"", target_->schema, "\""));
  }

  // Sees what arrived since the last transaction: a server that stopped says so, then closes.
  bool StillConnected() {
    if (!connection_) return false;
    pollfd readable = {PQsocket(connection_.get()), POLLIN, 0};
    while (poll(&readable, 1, 0) > 0)
      if (PQconsumeInput(connection_.get()) != 1) return false;
    return PQstatus(connection_.get()) == CONNECTION_OK;
  }

  absl::Status ForgetPrepared() {
    RETURN_IF_ERROR(SendControl("DEALLOCATE ALL"));
    RETURN_IF_ERROR(Drain());
    prepared_.clear();
    forget_prepared_ = false;
    return absl::OkStatus();
  }

  absl::Status SendControl(const char* sql, Reply::Kind kind = Reply::Kind::kControl) {
    if (PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, kBinary) !=
        1)
      return Lost();
    replies_.push_back({kind});
    return absl::OkStatus();
  }

  absl::StatusOr<Prepared*> Prepare(absl::string_view sql, absl::Span<const Value> parameters) {
    if (const auto found = prepared_.find(sql); found != prepared_.end())
      return found->second.get();
    auto prepared = std::make_unique<Prepared>();
    prepared->sql = std::string(sql);
    prepared->name = absl::StrCat("s", ++names_);
    prepared->parameters_used = HighestParameter(sql);
    prepared->transaction = transaction_;
    RETURN_IF_ERROR(CheckParameterCount(sql, prepared->parameters_used, parameters.size()));
    for (const Value& value : parameters) prepared->types.push_back(TypeOf(value));
    if (PQsendPrepare(connection_.get(), prepared->name.c_str(), prepared->sql.c_str(),
                      static_cast<int>(prepared->types.size()), prepared->types.data()) != 1 ||
        PQsendDescribePrepared(connection_.get(), prepared->name.c_str()) != 1)
      return Lost();
    replies_.push_back({Reply::Kind::kPrepare, prepared.get()});
    replies_.push_back({Reply::Kind::kDescribe, prepared.get()});
    return (prepared_[prepared->sql] = std::move(prepared)).get();
  }

  // A binary parameter of the wrong type would be taken for another value, so types are compared
  // here. What NULL left open at the first use is known after one trip.
  absl::Status CheckTypes(const Prepared& prepared, absl::Span<const Value> parameters) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Oid type = TypeOf(parameters[i]);
      if (type == kUnknown) continue;
      if (prepared.types[i] == kUnknown && !prepared.described) RETURN_IF_ERROR(Drain());
      if (prepared.types[i] != type)
        return Defect(absl::StrCat("wrong type of $", i + 1), prepared.sql);
    }
    return absl::OkStatus();
  }

  absl::Status Enqueue(absl::string_view sql, absl::Span<const Value> parameters,
                       int64_t expected_changes, Result* result) {
    ASSIGN_OR_RETURN(Prepared * prepared, Prepare(sql, parameters));
    RETURN_IF_ERROR(CheckParameterCount(sql, prepared->parameters_used, parameters.size()));
    RETURN_IF_ERROR(CheckTypes(*prepared, parameters));
    const Parameters bound(parameters);
    if (PQsendQueryPrepared(connection_.get(), prepared->name.c_str(), bound.count(),
                            bound.pointers(), bound.lengths(), bound.formats(), kBinary) != 1)
      return Lost();
    replies_.push_back({Reply::Kind::kStatement, prepared, expected_changes, result});
    return absl::OkStatus();
  }

  absl::Status SendSync() {
    if (PQpipelineSync(connection_.get()) != 1) return Lost();
    replies_.push_back({Reply::Kind::kSync});
    return Flush();
  }

  // Reads while it writes: a server that waits for us to take its answers takes no more of ours.
  absl::Status Flush() {
    int left;
    while ((left = PQflush(connection_.get())) == 1) {
      pollfd ready = {PQsocket(connection_.get()), POLLIN | POLLOUT, 0};
      poll(&ready, 1, -1);
      if ((ready.revents & POLLIN) != 0 && PQconsumeInput(connection_.get()) != 1) return Lost();
    }
    return left == 0 ? absl::OkStatus() : Lost();
  }

  // Sends what is queued and reads every answer due; the first failure is the answer.
  absl::Status Drain() {
    if (!connection_) return Lost();
    RETURN_IF_ERROR(SendSync());
    absl::Status first;
    for (const Reply& reply : replies_) {
      const absl::Status status = reply.kind == Reply::Kind::kSync ? ReadSync() : Read(reply);
      if (first.ok()) first = status;
      if (!connection_) return first;
    }
    replies_.clear();
    if (!first.ok())
      absl::erase_if(prepared_, [](const auto& entry) { return !entry.second->described; });
    transaction_lost_ = PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
    return first;
  }

  absl::Status ReadSync() {
    const ResultPointer result(PQgetResult(connection_.get()));
    return PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC ? absl::OkStatus() : Lost();
  }

  absl::Status Read(const Reply& reply) {
    const ResultPointer result(PQgetResult(connection_.get()));
    const absl::Status status = Judge(reply, result.get());
    if (result == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) {
      connection_.reset();
      return status;
    }
    const ResultPointer end(PQgetResult(connection_.get()));
    return end == nullptr ? status : Lost();  // COPY, or an answer that is none of ours
  }

  absl::Status Judge(const Reply& reply, PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        return Accept(reply, result);
      case PGRES_EMPTY_QUERY:
        return Defect("no statement", reply.prepared->sql);
      case PGRES_PIPELINE_ABORTED:  // an earlier one failed and is reported
        return absl::OkStatus();
      default:
        return Fail(reply, result);
    }
  }

  absl::Status Accept(const Reply& reply, PGresult* result) {
    if (reply.kind == Reply::Kind::kDescribe) {
      for (size_t i = 0; i < reply.prepared->types.size(); ++i)
        reply.prepared->types[i] = PQparamtype(result, static_cast<int>(i));
      reply.prepared->described = true;
    }
    // The server answers the COMMIT of a failed transaction with success, and this.
    if (reply.kind == Reply::Kind::kCommit && absl::StartsWith(PQcmdStatus(result), "ROLLBACK"))
      return absl::AbortedError("the transaction had failed and was rolled back at COMMIT");
    if (reply.kind != Reply::Kind::kStatement) return absl::OkStatus();
    const int64_t changes = Changes(result);
    RETURN_IF_ERROR(CheckChanges(reply.expected_changes, changes));
    if (reply.result == nullptr) return absl::OkStatus();
    reply.result->changes = changes;
    return ReadRows(result, reply.prepared->sql, *reply.result);
  }

  absl::Status Fail(const Reply& reply, const PGresult* result) {
    // feature_not_supported on a statement that worked before: its columns changed under the cached
    // plan.
    if (SqlState(result) == "0A000" && reply.prepared != nullptr &&
        reply.prepared->transaction < transaction_) {
      forget_prepared_ = true;
      return absl::AbortedError("the schema changed under a prepared statement; run it again");
    }
    return PostgresError(
        result, reply.prepared == nullptr ? "BEGIN, COMMIT or ROLLBACK" : reply.prepared->sql);
  }

  const std::shared_ptr<Target> target_;
  const Access access_;
  Handle connection_;  // null once it was lost
  Access transaction_access_ = Access::kRead;
  bool transaction_lost_ = false;  // the server has ended it
  int64_t transaction_ = 0;        // counts, to tell statements of earlier ones
  int64_t names_ = 0;              // of prepared statements
  bool forget_prepared_ = false;
  std::vector<Reply> replies_;
  absl::flat_hash_map<std::string, std::unique_ptr<Prepared>> prepared_;
};

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::shared_ptr<Target> target) : target_(std::move(target)) {}

  Engine engine() const override { return Engine::kPostgres; }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(Access access) override {
    auto driver = std::make_unique<PostgresDriver>(target_, access);
    RETURN_IF_ERROR(driver->Open());
    return std::make_unique<CheckedConnection>(Engine::kPostgres, std::move(driver));
  }

 private:
  const std::shared_ptr<Target> target_;
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
  auto target = std::make_shared<Target>();
  target->schema = schema;
  target->conninfo = conninfo;
  return std::make_unique<PostgresDatabase>(std::move(target));
}

}  // namespace vivier::storage
