#include "shared/storage/engines/driver.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"

namespace vivier::storage {
namespace {

// How much of a statement an error message quotes, in bytes.
constexpr size_t kQuotedBytesMax = 300;

std::atomic<void (*)(absl::string_view)> observer{nullptr};

// Where the literal, quoted name or comment that starts at `i` ends, or `i` when none starts there.
size_t SkipQuoted(absl::string_view sql, size_t i) {
  const auto after = [sql](size_t at, size_t width) {
    return at == sql.npos ? sql.size() : at + width;
  };
  if (sql[i] == '\'' || sql[i] == '"') return after(sql.find(sql[i], i + 1), 1);
  if (sql.substr(i, 2) == "--") return after(sql.find('\n', i), 1);
  if (sql.substr(i, 2) == "/*") return after(sql.find("*/", i + 2), 2);
  return i;
}

}  // namespace

void ObserveStatements(void (*seen)(absl::string_view)) { observer = seen; }

absl::Status CheckText(absl::string_view text) {
  const size_t valid = TextBytes(text);
  if (valid == text.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("text holds a NUL or is not UTF-8 at byte ", valid));
}

size_t HighestParameter(absl::string_view sql) {
  size_t highest = 0;
  for (size_t i = 0; i < sql.size();) {
    if (const size_t next = SkipQuoted(sql, i); next != i) {
      i = next;
      continue;
    }
    if (sql[i++] != '$') continue;
    size_t number = 0;
    for (; i < sql.size() && absl::ascii_isdigit(static_cast<unsigned char>(sql[i])); ++i)
      number = number * 10 + static_cast<size_t>(sql[i] - '0');
    highest = std::max(highest, number);
  }
  return highest;
}

absl::Status CheckParameterCount(absl::string_view sql, size_t used, size_t given) {
  if (used == given) return absl::OkStatus();
  return Defect(absl::StrCat(given, " parameters given, ", used, " used"), sql);
}

absl::Status Violation(absl::StatusCode code, absl::string_view constraint) {
  return absl::Status(code, absl::StrCat("constraint ", constraint));
}

absl::Status Defect(absl::string_view what, absl::string_view sql) {
  return absl::InternalError(absl::StrCat(what, " in: ", sql.substr(0, kQuotedBytesMax)));
}

absl::Status ForeignType(absl::string_view column, absl::string_view sql) {
  return Defect(absl::StrCat("column ", column, " is neither BIGINT, TEXT nor BYTEA, CAST it,"),
                sql);
}

absl::Status CheckChanges(int64_t expected, int64_t changes) {
  if (expected < 0 || expected == changes) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("touched ", changes, " rows, expected ", expected));
}

CheckedConnection::CheckedConnection(Engine engine, std::unique_ptr<Driver> driver)
    : engine_(engine), driver_(std::move(driver)) {}

absl::Status CheckedConnection::Health() const {
  if (!poison_.ok()) return poison_;
  return InTransaction() ? absl::OkStatus() : absl::UnavailableError("the transaction was lost");
}

absl::Status CheckedConnection::Begin(Access access) {
  if (open_) return absl::InternalError("Begin inside a transaction");
  RETURN_IF_ERROR(driver_->Begin(access));
  open_ = true;
  transaction_access_ = access;
  return absl::OkStatus();
}

absl::Status CheckedConnection::Commit() {
  RETURN_IF_ERROR(Ready());
  RETURN_IF_ERROR(Poison(driver_->Commit()));
  open_ = false;
  return absl::OkStatus();
}

void CheckedConnection::Rollback() {
  if (open_) driver_->Rollback();
  open_ = false;
  poison_ = absl::OkStatus();
}

absl::StatusOr<Result> CheckedConnection::Query(absl::string_view sql,
                                                absl::Span<const Value> parameters) {
  RETURN_IF_ERROR(Check(parameters));
  Observe(sql);
  absl::StatusOr<Result> result = driver_->Query(sql, parameters);
  RETURN_IF_ERROR(Poison(result.status()));
  return result;
}

absl::StatusOr<std::vector<Result>> CheckedConnection::QueryAll(
    absl::Span<const Statement> statements) {
  for (const Statement& statement : statements) {
    RETURN_IF_ERROR(Check(statement.parameters));
    Observe(statement.sql);
  }
  RETURN_IF_ERROR(Ready());
  absl::StatusOr<std::vector<Result>> results = driver_->QueryAll(statements);
  RETURN_IF_ERROR(Poison(results.status()));
  return results;
}

absl::Status CheckedConnection::Send(absl::string_view sql, absl::Span<const Value> parameters,
                                     int64_t expected_changes) {
  RETURN_IF_ERROR(Check(parameters));
  Observe(sql);
  return Poison(driver_->Send(sql, parameters, expected_changes));
}

absl::Status CheckedConnection::Script(absl::string_view sql) {
  RETURN_IF_ERROR(Ready());
  return Poison(driver_->Script(sql));
}

absl::Status CheckedConnection::Maintain(bool idle) {
  if (open_) return absl::InternalError("Maintain inside a transaction");
  return driver_->Maintain(idle);
}

absl::Status CheckedConnection::Ready() {
  if (!open_) return absl::InternalError("no transaction is open");
  if (poison_.ok() && !driver_->Alive())
    return Poison(absl::UnavailableError("the transaction was lost"));
  return poison_;
}

absl::Status CheckedConnection::Check(absl::Span<const Value> parameters) {
  RETURN_IF_ERROR(Ready());
  for (const Value& value : parameters)
    if (const auto* text = std::get_if<std::string>(&value))
      RETURN_IF_ERROR(Poison(CheckText(*text)));
  return absl::OkStatus();
}

void CheckedConnection::Observe(absl::string_view sql) const {
  const auto seen = observer.load(std::memory_order_relaxed);
  if (seen != nullptr && transaction_access_ != Access::kLongRead) seen(sql);
}

absl::Status CheckedConnection::Poison(absl::Status status) {
  if (!status.ok() && poison_.ok()) poison_ = status;
  return status;
}

}  // namespace vivier::storage
