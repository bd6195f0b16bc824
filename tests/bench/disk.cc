#include "tests/bench/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/database.h"
#include "tests/bench/fixture.h"

namespace vivier::bench {
namespace {

using storage::Access;

absl::StatusOr<std::unique_ptr<storage::Database>> Open(const std::string& folder) {
  return storage::Database::Open("sqlite:" + folder + "/db/enrolment.db");
}

}  // namespace

absl::StatusOr<std::vector<double>> SyncMicroseconds(const std::string& folder, int count) {
  const int file = open((folder + "/sync-probe").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Unavailable("cannot write in " + folder);
  const std::string page(4096, 'x');
  std::vector<double> took;
  bool good = true;
  for (int i = 0; i < count && good; ++i) {
    const absl::Time start = absl::Now();
    good = pwrite(file, page.data(), page.size(), 0) == static_cast<ssize_t>(page.size()) &&
           fdatasync(file) == 0;
    took.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
  }
  close(file);
  if (!good) return Unavailable("cannot synchronise a file of " + folder);
  return took;
}

absl::StatusOr<std::vector<double>> BatchSizes(const std::string& folder,
                                               const std::vector<Outcome>& outcomes) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database, Open(folder));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection,
                   database->Connect(Access::kRead));
  RETURN_IF_ERROR(connection->Begin(Access::kRead));
  std::vector<double> sizes;
  for (const Outcome& outcome : outcomes) {
    ASSIGN_OR_RETURN(
        storage::Result result,
        connection->Query(
            "SELECT COUNT(*) FROM audit_records WHERE school = $1 AND create_time >= $2 AND "
            "create_time <= $3 GROUP BY create_time",
            {storage::Value(std::string(kSchool)), absl::ToUnixMicros(outcome.start),
             absl::ToUnixMicros(outcome.end)}));
    for (const storage::Row& row : result.rows)
      sizes.push_back(static_cast<double>(std::get<int64_t>(row[0])));
  }
  return sizes;
}

absl::StatusOr<double> Synchronous(const std::string& folder) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database, Open(folder));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection,
                   database->Connect(Access::kWrite));
  RETURN_IF_ERROR(connection->Begin(Access::kRead));
  ASSIGN_OR_RETURN(storage::Result result, connection->Query("PRAGMA synchronous"));
  return static_cast<double>(std::get<int64_t>(result.rows.at(0).at(0)));
}

}  // namespace vivier::bench
