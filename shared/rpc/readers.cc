#include "shared/rpc/readers.h"

#include <utility>

#include "shared/base/status.h"

namespace vivier::rpc {
absl::StatusOr<std::unique_ptr<storage::Connection>> Readers::Take() {
  {
    Monitor::Lock lock(monitor_);
    if (!idle_.empty()) {
      std::unique_ptr<storage::Connection> connection = std::move(idle_.back().connection);
      idle_.pop_back();
      return connection;
    }
  }
  return database_.Connect(storage::Access::kRead);
}

void Readers::Keep(std::unique_ptr<storage::Connection> connection) {
  const absl::Time now = now_();
  std::unique_ptr<storage::Connection> left_over;  // closed after the lock is given back
  Monitor::Lock lock(monitor_);
  idle_.push_back({std::move(connection), now});
  if (now - idle_.front().since < kIdleMax) return;
  left_over = std::move(idle_.front().connection);
  idle_.pop_front();
}

absl::Status Readers::Read(const std::string& school,
                           const std::function<absl::Status(storage::Transaction&)>& read,
                           storage::Access access) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection, Take());
  RETURN_IF_ERROR(connection->Begin(access));
  storage::Transaction transaction(*connection, school, school_key_);
  const absl::Status status = read(transaction);
  connection->Rollback();  // a snapshot has nothing to commit
  Keep(std::move(connection));
  return status;
}

}  // namespace vivier::rpc
