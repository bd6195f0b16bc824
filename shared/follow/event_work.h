// One event of another service's log on its way through this service's writer: the reaction and the
// cursor in one transaction, so up to its cursor a follower has applied each event exactly once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/log/log.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::follow {

// Where a follower stands in a producer's log.
struct Position {
  int64_t number = 0;
  std::string hash;
};

// The position of the school's cursor in `producer`'s log.
absl::StatusOr<Position> ReadPosition(storage::Transaction& transaction,
                                      const std::string& producer);

// What became of an event.
enum class Verdict {
  kApplied,  // applied now, by another replica before, or not one that this service reacts to
  kParked,   // set aside, now or behind an earlier one of its subject
  kGap,      // the cursor is not where the follower thought: ask the log again from the cursor
  kRefused,  // the reaction failed and nothing moved: try again, or park
};

class EventWork : public storage::Work {
 public:
  struct Outcome {
    Verdict verdict = Verdict::kRefused;
    absl::Status error;  // why it was refused or not committed
  };

  // `reaction` is null where the service does not react to the event's type, and outlives the work.
  // With `park`, the event is set aside with that reason instead of being applied. `done` is called
  // once, by Done.
  EventWork(std::string school, std::string producer, const log::v1::LoggedEvent& event,
            const rpc::Service::EventReaction* reaction, std::string park,
            std::function<void(Outcome)> done);

  // The same for an event that is parked: the reaction, and the end of its parking. The cursor is
  // beyond it already.
  static std::unique_ptr<EventWork> Retry(std::string school, std::string producer,
                                          const log::v1::LoggedEvent& event,
                                          const rpc::Service::EventReaction* reaction,
                                          std::function<void(Outcome)> done);

  const std::string& school() const override { return school_; }
  void Want(storage::Transaction::Wanted& wanted) const override;
  void Run(storage::Transaction& transaction, absl::Time now) override;
  void Done(const absl::Status& committed) override;

 private:
  absl::StatusOr<Verdict> Decide(storage::Transaction& transaction, absl::Time now);
  absl::StatusOr<Verdict> Unpark(storage::Transaction& transaction, absl::Time now);
  absl::Status Take(storage::Transaction& transaction, absl::Time now);
  absl::StatusOr<bool> IsBehindParked(storage::Transaction& transaction) const;
  absl::Status ReactUnlessErased(storage::Transaction& transaction, absl::Time now) const;
  absl::Status Erase(storage::Transaction& transaction, absl::Time now) const;
  absl::Status React(storage::Transaction& transaction, absl::Time now) const;
  absl::Status Park(storage::Transaction& transaction, const std::string& reason,
                    absl::Time now) const;
  absl::Status MoveCursor(storage::Transaction& transaction) const;

  const std::string school_;
  const std::string producer_;
  const log::v1::LoggedEvent event_;
  const rpc::Service::EventReaction* const reaction_;
  const std::string park_;
  const std::function<void(Outcome)> done_;
  const Traceparent trace_;  // of what caused the event
  bool is_parked_ = false;
  bool reacted_ = false;
  Outcome outcome_;
};

}  // namespace vivier::follow
