// What both drivers share, so that they behave alike by construction: the state of a transaction
// and its poison, and the checks on statements and texts. Not thread-safe, as Connection.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// A driver keeps at most this many prepared statements per connection and then forgets them all:
// the texts come from the code, only filters make new ones, so a larger number is a client that
// varies its filter on purpose.
inline constexpr size_t kPreparedStatementsMax = 1024;

// Calls `seen` from now on with each statement that runs outside of a kLongRead transaction; null
// ends it. For tests that look at the plans of what they have run. Thread-safe, as `seen` must be.
void ObserveStatements(void (*seen)(absl::string_view sql));

// INVALID_ARGUMENT for a text with a NUL (PostgreSQL cannot store it) or that is not UTF-8 (SQLite
// would store it).
absl::Status CheckText(absl::string_view text);

// The highest n of a $n outside of literals, quoted names and comments.
size_t HighestParameter(absl::string_view sql);

// INTERNAL unless as many parameters are given as the statement uses.
absl::Status CheckParameterCount(absl::string_view sql, size_t used, size_t given);

// The message is "constraint NAME" and nothing else, the same on both engines.
absl::Status Violation(absl::StatusCode code, absl::string_view constraint);

// INTERNAL: `what` in this SQL text, which holds no value because values are bound.
absl::Status Defect(absl::string_view what, absl::string_view sql);

// INTERNAL: the result has a type that is none of ours.
absl::Status ForeignType(absl::string_view column, absl::string_view sql);

// ABORTED when a statement touched another number of rows than its caller expects (negative: any).
absl::Status CheckChanges(int64_t expected, int64_t changes);

// What an engine does once CheckedConnection has found that it may: a transaction is open where one
// is needed and closed where not, nothing failed in it before, and every text is UTF-8. See
// Connection for what each function means.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual absl::Status Begin(Access access) = 0;
  virtual absl::Status Commit() = 0;
  virtual void Rollback() = 0;
  virtual absl::StatusOr<Result> Query(absl::string_view sql,
                                       absl::Span<const Value> parameters) = 0;
  virtual absl::StatusOr<std::vector<Result>> QueryAll(
      absl::Span<const Connection::Statement> statements) = 0;
  virtual absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                            int64_t expected_changes) = 0;
  virtual absl::Status Script(absl::string_view sql) = 0;
  virtual absl::Status Maintain(bool idle) = 0;
  // Whether the engine still has the transaction that this side believes open.
  virtual bool Alive() const = 0;
};

// The rules of Connection about open and poisoned transactions, over the driver of an engine. It
// rolls back what is open when it ends.
class CheckedConnection final : public Connection {
 public:
  CheckedConnection(Engine engine, std::unique_ptr<Driver> driver);
  ~CheckedConnection() override { Rollback(); }

  Engine engine() const override { return engine_; }
  absl::Status Begin(Access access) override;
  absl::Status Commit() override;
  void Rollback() override;
  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override;
  absl::StatusOr<std::vector<Result>> QueryAll(absl::Span<const Statement> statements) override;
  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override;
  absl::Status Script(absl::string_view sql) override;
  absl::Status Maintain(bool idle) override;
  bool InTransaction() const override { return open_ && driver_->Alive(); }
  absl::Status Poison(absl::Status status) override;  // remembers the first error
  absl::Status Health() const override;

 private:
  absl::Status Ready();  // a transaction is open and healthy
  absl::Status Check(absl::Span<const Value> parameters);
  void Observe(absl::string_view sql) const;

  const Engine engine_;
  const std::unique_ptr<Driver> driver_;
  bool open_ = false;
  Access transaction_access_ = Access::kRead;
  absl::Status poison_;
};

}  // namespace vivier::storage
