#include "tests/idle/counted.h"

#include "shared/base/status.h"

namespace vivier::testing {
namespace {

using storage::Access;
using storage::Result;
using storage::Value;

class Counting : public storage::Connection {
 public:
  Counting(std::unique_ptr<Connection> connection, std::atomic<int64_t>& statements)
      : connection_(std::move(connection)), statements_(statements) {}

  storage::Engine engine() const override { return connection_->engine(); }
  absl::Status Begin(Access access) override { return Count().Begin(access); }
  absl::Status Commit() override { return Count().Commit(); }
  void Rollback() override { Count().Rollback(); }
  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> parameters) override {
    return Count().Query(sql, parameters);
  }
  absl::StatusOr<std::vector<Result>> QueryAll(absl::Span<const Statement> statements) override {
    return Count().QueryAll(statements);
  }
  absl::Status Send(absl::string_view sql, absl::Span<const Value> parameters,
                    int64_t expected_changes) override {
    return Count().Send(sql, parameters, expected_changes);
  }
  absl::Status Script(absl::string_view sql) override { return Count().Script(sql); }
  absl::Status Maintain(bool idle) override { return connection_->Maintain(idle); }
  bool InTransaction() const override { return connection_->InTransaction(); }
  absl::Status Poison(absl::Status status) override { return connection_->Poison(status); }
  absl::Status Health() const override { return connection_->Health(); }

 private:
  Connection& Count() {
    ++statements_;
    return *connection_;
  }

  const std::unique_ptr<Connection> connection_;
  std::atomic<int64_t>& statements_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<storage::Connection>> Counted::Connect(Access access) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection, database_->Connect(access));
  return std::make_unique<Counting>(std::move(connection), statements_);
}

}  // namespace vivier::testing
