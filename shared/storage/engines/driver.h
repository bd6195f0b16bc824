// What both drivers share, so that they behave alike by construction: the state of a transaction
// and its poison, and the checks on statements and texts. Not thread-safe, as Connection.
#pragma once

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

// The rules of Connection about open and poisoned transactions; a driver fills in the Do functions.
class CheckedConnection : public Connection {
 public:
  absl::Status Begin(Access access) final;
  absl::Status Commit() final;
  void Rollback() final;
  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) final;
  absl::StatusOr<std::vector<Result>> QueryAll(absl::Span<const Statement> statements) final;
  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) final;
  absl::Status Script(absl::string_view sql) final;
  absl::Status Maintain(bool idle) final;
  bool InTransaction() const final { return open_ && Alive(); }
  absl::Status Health() const final;

 protected:
  virtual absl::Status DoBegin(Access access) = 0;
  virtual absl::Status DoCommit() = 0;
  virtual void DoRollback() = 0;
  virtual absl::StatusOr<Result> DoQuery(absl::string_view sql,
                                         absl::Span<const Value> parameters) = 0;
  virtual absl::StatusOr<std::vector<Result>> DoQueryAll(
      absl::Span<const Statement> statements) = 0;
  virtual absl::Status DoSend(absl::string_view sql, absl::Span<const Value> parameters,
                              int64_t expected_changes) = 0;
  virtual absl::Status DoScript(absl::string_view sql) = 0;
  virtual absl::Status DoMaintain(bool idle) = 0;
  // Whether the engine still has the transaction that this side believes open.
  virtual bool Alive() const = 0;

 private:
  absl::Status Ready();  // a transaction is open and healthy
  absl::Status Check(absl::Span<const Value> parameters);
  absl::Status Poison(absl::Status status);  // remembers the first error

  bool open_ = false;
  absl::Status poison_;
};

}  // namespace vivier::storage
