#include "shared/follow/heads.h"

#include "shared/base/status.h"
#include "shared/log/log.h"

namespace vivier::follow {

using storage::Value;

Heads::Heads(Options options)
    : options_(std::move(options)), timer_(*options_.scheduler, Scheduler::Lane::kHouse, [this] {
        RunOnce();
        timer_.In(kInterval);
      }) {}

void Heads::RunOnce() {
  absl::StatusOr<std::map<std::string, Numbers>> read = Read();
  if (!read.ok())
    return Log(LogLevel::kWarning, "other processes' commits could not be looked for",
               {{"service", options_.service}, {"error", read.status().message()}});
  for (const auto& [school, numbers] : *read) {
    const auto before = seen_.find(school);
    if (before == seen_.end() || before->second != numbers) options_.moved(school);
  }
  seen_ = *std::move(read);
}

absl::StatusOr<std::map<std::string, Heads::Numbers>> Heads::Read() const {
  std::map<std::string, Numbers> numbers;
  const std::string& first = *options_.schools.begin();
  const auto read = [&](storage::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const storage::Result heads,
                     transaction.connection().Query(
                         "SELECT school, event_number, audit_number FROM heads WHERE school >= $1 "
                         "AND school <= $2",
                         {Value(first), Value(*options_.schools.rbegin())}));
    for (const storage::Row& row : heads.rows)
      if (const auto& school = std::get<std::string>(row[0]); options_.schools.contains(school))
        numbers[school] = {std::get<int64_t>(row[1]), std::get<int64_t>(row[2])};
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(options_.readers->Read(first, read));
  return numbers;
}

}  // namespace vivier::follow
