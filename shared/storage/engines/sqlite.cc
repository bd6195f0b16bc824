#include "shared/storage/engines/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/read_budget.h"
#include "shared/storage/engines/sqlite_errors.h"
#include "shared/storage/engines/sqlite_log.h"
#include "shared/storage/engines/sqlite_pages.h"
#include "shared/storage/engines/sqlite_vfs.h"

namespace vivier::storage {
namespace {

// Only a reader that opens while the log is recovered, or a checkpoint that waits for readers, is
// ever busy.
constexpr int kBusyTimeoutMs = 250;
// Beyond this the log is moved into the file between two batches: 4,096 pages of 4 KiB are 16 MiB.
constexpr int kLogPagesMax = 4096;
// Beyond this the writer waits up to kBusyTimeoutMs for readers, so that the log starts again from
// its beginning.
constexpr int kLogPagesHardMax = 4 * kLogPagesMax;
// A file up to this size is checked at start, about 200 MiB/s; `vivier verify` checks larger ones.
constexpr off_t kQuickCheckBytesMax = 64 << 20;

constexpr char kSettings[] =
    "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA case_sensitive_like=ON; PRAGMA "
    "temp_store=MEMORY;"
    "PRAGMA cache_size=-8192;";
// The writer touches every table, so it may keep 32 MiB of pages: the rows of a large school. A
// destroyed key is overwritten in its page; FAST writes no page more for it.
constexpr char kWriterSettings[] =
    "PRAGMA page_size=4096; PRAGMA cache_size=-32768; PRAGMA journal_mode=WAL; PRAGMA "
    "synchronous=FULL; PRAGMA "
    "wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=FAST;";
// Reading the schema version is the first read of the file: a damaged one is found here.
constexpr char kReaderSettings[] = "PRAGMA query_only=ON; PRAGMA schema_version;";

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPointer = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

// The type that a result column must have: that of its table column, or any when it is an
// expression.
enum class Declared { kAny, kInteger, kText, kBytes };

struct Prepared {
  StatementPointer statement;
  size_t parameters_used = 0;
  std::vector<size_t>
      values;  // by bind index - 1: SQLite numbers $2 by its place in the text, not by its name
  std::vector<Declared> columns;
  int recompilations = -1;
};

Declared DeclaredType(const char* type) {
  if (type == nullptr) return Declared::kAny;
  if (std::strcmp(type, "BIGINT") == 0) return Declared::kInteger;
  if (std::strcmp(type, "TEXT") == 0) return Declared::kText;
  return std::strcmp(type, "BYTEA") == 0 ? Declared::kBytes : Declared::kAny;
}

// A schema change compiles a statement anew, with other columns perhaps.
void LearnColumns(Prepared& prepared) {
  const int recompilations =
      sqlite3_stmt_status(prepared.statement.get(), SQLITE_STMTSTATUS_REPREPARE, 0);
  if (recompilations == prepared.recompilations) return;
  prepared.recompilations = recompilations;
  prepared.columns.clear();
  for (int i = 0; i < sqlite3_column_count(prepared.statement.get()); ++i)
    prepared.columns.push_back(DeclaredType(sqlite3_column_decltype(prepared.statement.get(), i)));
}

int Bind(sqlite3_stmt* statement, int index, const Value& value) {
  // The value outlives the run of the statement, so SQLite copies nothing. An empty text is not
  // NULL: its pointer is.
  if (const auto* number = std::get_if<int64_t>(&value))
    return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, index, text->c_str(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  if (const auto* bytes = std::get_if<Bytes>(&value))
    return sqlite3_bind_blob64(statement, index, bytes->data.c_str(), bytes->data.size(),
                               SQLITE_STATIC);
  return sqlite3_bind_null(statement, index);
}

// Nothing when the value has another type than its column declares, or none of ours.
std::optional<Value> ReadValue(sqlite3_stmt* statement, int column, Declared declared) {
  const auto allowed = [declared](Declared type) {
    return declared == Declared::kAny || declared == type;
  };
  const auto bytes = [statement, column](const void* data) {
    return std::string(data == nullptr ? "" : static_cast<const char*>(data),
                       static_cast<size_t>(sqlite3_column_bytes(statement, column)));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return Value();
    case SQLITE_INTEGER:
      if (!allowed(Declared::kInteger)) return std::nullopt;
      return Value(int64_t{sqlite3_column_int64(statement, column)});
    case SQLITE_TEXT:
      if (!allowed(Declared::kText)) return std::nullopt;
      return Value(bytes(sqlite3_column_text(statement, column)));
    case SQLITE_BLOB:
      if (!allowed(Declared::kBytes)) return std::nullopt;
      return Value(Bytes{bytes(sqlite3_column_blob(statement, column))});
    default:
      return std::nullopt;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

// What the connections of one database share.
struct File {
  explicit File(std::string name) : path(std::move(name)) {}

  const std::string path;
  std::mutex mutex;
  bool writer_open = false;  // guarded by mutex, as are all below
  bool checked = false;
  Descriptor lock;
};

// Frees the writer's place when the connection ends.
class WriterPlace {
 public:
  explicit WriterPlace(std::shared_ptr<File> file) : file_(std::move(file)) {}
  ~WriterPlace() {
    const std::lock_guard<std::mutex> guard(file_->mutex);
    file_->writer_open = false;
  }

 private:
  std::shared_ptr<File> file_;
};

class SqliteDriver final : public Driver {
 public:
  SqliteDriver(std::shared_ptr<File> file, std::unique_ptr<WriterPlace> place, Handle db,
               Access access)
      : file_(std::move(file)), place_(std::move(place)), db_(std::move(db)), access_(access) {
    sqlite3_wal_hook(db_.get(), &SqliteDriver::OnLogGrown, &log_pages_);
    if (access_ != Access::kWrite)
      sqlite3_progress_handler(db_.get(), kReadStepsPerLook, &SqliteDriver::OnProgress, this);
  }

  absl::Status Begin(Access access) override {
    if (access == Access::kWrite && access_ != Access::kWrite)
      return absl::InternalError("a write transaction on a kRead connection");
    if (access == Access::kRead) budget_.emplace();
    if (prepared_.size() > kPreparedStatementsMax) prepared_.clear();
    return Query(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN", {}).status();
  }
  absl::Status Commit() override {
    budget_.reset();
    return Query("COMMIT", {}).status();
  }
  void Rollback() override {
    budget_.reset();
    if (Alive()) Query("ROLLBACK", {}).IgnoreError();  // prepared once: every reading ends with it
  }

  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override {
    ASSIGN_OR_RETURN(Prepared * prepared, Prepare(sql));
    RETURN_IF_ERROR(CheckParameterCount(sql, prepared->parameters_used, parameters.size()));
    absl::StatusOr<Result> result = Run(*prepared, sql, parameters);
    sqlite3_reset(prepared->statement.get());
    return result;
  }

  absl::StatusOr<std::vector<Result>> QueryAll(
      absl::Span<const Connection::Statement> statements) override {
    std::vector<Result> results;
    for (const Connection::Statement& statement : statements) {
      ASSIGN_OR_RETURN(Result result, Query(statement.sql, statement.parameters));
      results.push_back(std::move(result));
    }
    return results;
  }

  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override {
    ASSIGN_OR_RETURN(const Result result, Query(sql, parameters));
    return CheckChanges(expected_changes, result.changes);
  }

  absl::Status Script(absl::string_view sql) override {
    const std::string text(sql);
    const int code = sqlite3_exec(db_.get(), text.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? absl::OkStatus() : SqliteError(db_.get(), code, sql);
  }

  absl::Status Maintain(bool idle) override {
    if (access_ != Access::kWrite || log_pages_ == 0 || (!idle && log_pages_ < kLogPagesMax))
      return absl::OkStatus();
    const int mode = idle                             ? SQLITE_CHECKPOINT_TRUNCATE
                     : log_pages_ >= kLogPagesHardMax ? SQLITE_CHECKPOINT_RESTART
                                                      : SQLITE_CHECKPOINT_PASSIVE;
    int pages_in_log = 0, pages_moved = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, &pages_in_log, &pages_moved);
    if (code == SQLITE_BUSY)
      return absl::OkStatus();  // a reader holds the log; the next call tries again
    if (code != SQLITE_OK) return SqliteError(db_.get(), code, "a checkpoint");
    if (pages_moved == pages_in_log) log_pages_ = 0;
    return absl::OkStatus();
  }

  bool Alive() const override { return sqlite3_get_autocommit(db_.get()) == 0; }

 private:
  static int OnLogGrown(void* log_pages, sqlite3*, const char*, int pages) {
    *static_cast<int*>(log_pages) = pages;
    return SQLITE_OK;
  }

  // Ends the statement, but not the connection, where the budget is spent.
  static int OnProgress(void* driver) {
    std::optional<Budget>& budget = static_cast<SqliteDriver*>(driver)->budget_;
    if (!budget.has_value()) return 0;
    budget->steps += kReadStepsPerLook;
    return budget->steps > kReadStepsMax || absl::Now() > budget->end ? 1 : 0;
  }

  absl::StatusOr<Prepared*> Prepare(absl::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end())
      return found->second.get();
    auto prepared = std::make_unique<Prepared>();
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, &tail);
    prepared->statement.reset(statement);
    if (code != SQLITE_OK) return SqliteError(db_.get(), code, sql);
    const absl::string_view rest = sql.substr(static_cast<size_t>(tail - sql.data()));
    if (statement == nullptr || !absl::StripAsciiWhitespace(rest).empty())
      return Defect("not one statement", sql);
    RETURN_IF_ERROR(LearnParameters(*prepared, sql));
    return (prepared_[std::string(sql)] = std::move(prepared)).get();
  }

  static absl::Status LearnParameters(Prepared& prepared, absl::string_view sql) {
    prepared.parameters_used = HighestParameter(sql);
    for (int i = 1; i <= sqlite3_bind_parameter_count(prepared.statement.get()); ++i) {
      const char* name = sqlite3_bind_parameter_name(prepared.statement.get(), i);
      size_t number = 0;
      if (name == nullptr || *name != '$' || !absl::SimpleAtoi(name + 1, &number) || number == 0)
        return Defect("a parameter other than $1, $2, …", sql);
      prepared.values.push_back(number - 1);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Result> Run(Prepared& prepared, absl::string_view sql,
                             absl::Span<const Value> parameters) {
    sqlite3_stmt* statement = prepared.statement.get();
    for (size_t i = 0; i < prepared.values.size(); ++i) {
      const int code = Bind(statement, static_cast<int>(i + 1), parameters[prepared.values[i]]);
      if (code != SQLITE_OK) return SqliteError(db_.get(), code, sql);
    }
    const int64_t changes_before = sqlite3_total_changes64(db_.get());
    Result result;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      LearnColumns(prepared);
      RETURN_IF_ERROR(ReadRow(prepared, sql, result));
    }
    if (code == SQLITE_INTERRUPT && budget_.has_value()) return ReadTooLarge();
    if (code != SQLITE_DONE) return SqliteError(db_.get(), code, sql);
    // What SQLite reports stays from an earlier statement when this one changed nothing.
    if (sqlite3_total_changes64(db_.get()) != changes_before)
      result.changes = sqlite3_changes64(db_.get());
    return result;
  }

  static absl::Status ReadRow(const Prepared& prepared, absl::string_view sql, Result& result) {
    sqlite3_stmt* statement = prepared.statement.get();
    Row row;
    row.reserve(prepared.columns.size());
    for (int i = 0; i < static_cast<int>(prepared.columns.size()); ++i) {
      std::optional<Value> value =
          ReadValue(statement, i, prepared.columns[static_cast<size_t>(i)]);
      if (!value) return ForeignType(sqlite3_column_name(statement, i), sql);
      row.push_back(*std::move(value));
    }
    result.rows.push_back(std::move(row));
    return absl::OkStatus();
  }

  // Of a kRead transaction.
  struct Budget {
    int64_t steps = 0;
    absl::Time end = absl::Now() + kReadTimeMax;
  };

  const std::shared_ptr<File> file_;
  const std::unique_ptr<WriterPlace> place_;  // of a kWrite connection
  const Handle db_;
  const Access access_;
  std::optional<Budget> budget_;
  int log_pages_ = 0;  // in the write-ahead log after our last commit
  absl::flat_hash_map<std::string, std::unique_ptr<Prepared>> prepared_;
};

absl::Status Damaged(const std::string& path) {
  return absl::DataLossError(
      absl::StrCat(path,
                   " is damaged, not an SQLite database or without the checksums of its pages; "
                   "restore it from a backup"));
}

absl::Status QuickCheck(sqlite3* db, const std::string& path) {
  struct stat information = {};
  if (stat(path.c_str(), &information) != 0 || information.st_size > kQuickCheckBytesMax)
    return absl::OkStatus();
  const absl::StatusOr<StorageCheck> check = CheckPages(db, PageCheck::kEach);
  return check.ok() && check->damaged.empty() ? absl::OkStatus() : Damaged(path);
}

void Configure(sqlite3* db, Access access) {
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0,
                    nullptr);  // "name" is never a literal, as on PostgreSQL
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  // The last connection that closes must not checkpoint unless it is the writer.
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, access == Access::kWrite ? 0 : 1,
                    nullptr);
  int reserved = kPageChecksumBytes;  // of the file that it may be about to create
  if (access == Access::kWrite)
    sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
}

absl::StatusOr<Handle> OpenHandle(const std::string& path, Access access) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                         SQLITE_OPEN_EXRESCODE;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, kFlags, VivierVfs());
  Handle handle(db);
  if (code != SQLITE_OK)
    return absl::UnavailableError(absl::StrCat("cannot open ", path, ", SQLite code ", code));
  Configure(db, access);
  for (const char* settings :
       {kSettings, access == Access::kWrite ? kWriterSettings : kReaderSettings}) {
    if (const int result = sqlite3_exec(db, settings, nullptr, nullptr, nullptr);
        result != SQLITE_OK) {
      const absl::Status status = SqliteError(db, result, settings);
      return absl::IsDataLoss(status) ? Damaged(path) : status;
    }
  }
  return handle;
}

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(const std::string& path) : file_(std::make_shared<File>(path)) {}

  Engine engine() const override { return Engine::kSqlite; }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(Access access) override {
    return access == Access::kWrite ? ConnectWriter() : ConnectReader();
  }

  // On a connection of its own, whose memory holds no page yet.
  absl::StatusOr<StorageCheck> CheckStorage() override {
    RETURN_IF_ERROR(Exists());
    absl::StatusOr<Handle> db = OpenHandle(file_->path, Access::kRead);
    if (absl::IsDataLoss(db.status()))
      return StorageCheck{0, {std::string(db.status().message())}, ""};
    RETURN_IF_ERROR(db.status());
    return CheckPages(db->get(), PageCheck::kWithIndexes);
  }

 private:
  absl::Status Exists() const {
    if (access(file_->path.c_str(), F_OK) == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("there is no database ", file_->path, "; migrate first"));
  }

  absl::StatusOr<std::unique_ptr<Connection>> ConnectReader() {
    RETURN_IF_ERROR(Exists());
    ASSIGN_OR_RETURN(Handle db, OpenHandle(file_->path, Access::kRead));
    return Checked(nullptr, std::move(db), Access::kRead);
  }

  absl::StatusOr<std::unique_ptr<Connection>> ConnectWriter() {
    const std::lock_guard<std::mutex> guard(file_->mutex);
    if (file_->writer_open)
      return absl::UnavailableError(absl::StrCat(file_->path, " has a writer already"));
    RETURN_IF_ERROR(Lock());
    CreatePrivate();
    if (!file_->checked) RETURN_IF_ERROR(CheckLog(file_->path));
    ASSIGN_OR_RETURN(Handle db, OpenHandle(file_->path, Access::kWrite));
    if (!file_->checked) RETURN_IF_ERROR(QuickCheck(db.get(), file_->path));
    file_->checked = true;
    file_->writer_open = true;
    return Checked(std::make_unique<WriterPlace>(file_), std::move(db), Access::kWrite);
  }

  std::unique_ptr<Connection> Checked(std::unique_ptr<WriterPlace> place, Handle db,
                                      Access access) const {
    return std::make_unique<CheckedConnection>(
        Engine::kSqlite,
        std::make_unique<SqliteDriver>(file_, std::move(place), std::move(db), access));
  }

  // SQLite would create it readable by others; its log and index take the rights of the file. An
  // existing file is not opened: closing it again would drop the POSIX locks that SQLite holds on
  // it in this process.
  void CreatePrivate() const {
    const Descriptor created(
        open(file_->path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  }

  // From the first writer to the end of this database and its connections.
  absl::Status Lock() {
    if (file_->lock.get() >= 0) return absl::OkStatus();
    const std::string path = file_->path + ".lock";
    Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (lock.get() < 0)
      return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
      return absl::UnavailableError(
          absl::StrCat(path, " is held: another process writes this database"));
    file_->lock = std::move(lock);
    return absl::OkStatus();
  }

  const std::shared_ptr<File> file_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("sqlite: needs a path");
  // Its account of memory takes a lock of the whole process at every allocation. Too late is no
  // harm: it stays on.
  static const int ignored = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(ignored);
  return std::make_unique<SqliteDatabase>(path);
}

absl::StatusOr<std::unique_ptr<Connection>> OpenSqliteInMemory() {
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(db);
  if (code != SQLITE_OK) return absl::ResourceExhaustedError("no memory for a database");
  return std::make_unique<CheckedConnection>(
      Engine::kSqlite,
      std::make_unique<SqliteDriver>(nullptr, nullptr, std::move(handle), Access::kWrite));
}

}  // namespace vivier::storage
