// Group commit: one thread and one connection per database that take whatever waits, run it in one
// transaction, commit once for all (one fsync), and only then tell each.
//
//   Submit ─▶ queue ─▶ BEGIN · lock head · Run … Run · store head · COMMIT ─▶ near cache drops
//                                                                                  └─▶ Done … Done
//
// A batch holds works of one school, since each school has its own head row. When a statement
// fails, the batch is rolled back and run again one work at a time, so only the guilty one hears of
// it. Schools take turns, and so do those who ask at one school; what comes faster than it is done
// is refused, the newest first (shared/queue/fair_line.h). When COMMIT itself fails, every work of
// the batch is refused, also those that a rule had refused: a refusal may rest on an earlier work
// of the batch. On PostgreSQL a lost connection or an unknown COMMIT is met by running the batch
// again: answers and cursors tell what had been stored. A damaged file or a failed fsync ends the
// process.
//
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/queue/school_lines.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

// What waits for the writer: a request, an event to react to, a due row.
class Work {
 public:
  virtual ~Work() = default;
  virtual const std::string& school() const = 0;
  // Whose turn it takes among the school's works: who asked. "" is our own, which is never refused
  // for load.
  virtual absl::string_view share() const { return ""; }
  // What Run will ask for first, to be fetched in one round trip for the whole batch.
  virtual void Want(Transaction::Wanted& wanted) const = 0;
  // Does the work in the open transaction, all or nothing, and keeps its verdict for Done. May be
  // called again when the batch is run again; has no effect outside the transaction. An error that
  // poisoned the transaction is seen by the writer itself.
  virtual void Run(Transaction& transaction, absl::Time now) = 0;
  // Called once, last, on the thread that the writer's observer tells on: OK when what Run decided
  // stands; else nothing was stored, or it is unknown (UNAVAILABLE).
  virtual void Done(const absl::Status& committed) = 0;
};

class Writer {
 public:
  struct Options {
    // More gains nothing: at 256 the fsync is below a tenth of the batch's time.
    int batch_works_max = 256;
    // No work waits longer for the others of its batch, unless the way from BEGIN to the first took
    // longer; keeps the writer under 20 ms with the commit.
    absl::Duration batch_time_max = absl::Milliseconds(4);
    // What may wait until an overload is noticed, in a tenth of a second: more than any site does
    // in that time.
    size_t queue_works_max = 8192;
    std::function<absl::Time()> now = absl::Now;
  };
  // What is told of each batch, on the writer's thread; each may be empty.
  struct Observer {
    std::function<void(const Transaction& transaction)> committed;
    // `held` is how long the batch had the writer, from before BEGIN to the end of COMMIT, of which
    // `commit` is the last part: what all that came meanwhile waited for it.
    std::function<void(size_t works, absl::Duration held, absl::Duration commit)> measured;
    // Runs the task that tells all works of a batch how it ended and destroys them, soon and
    // elsewhere: the writer's time is better spent on the next batch. Empty: the writer's thread
    // does it.
    std::function<void(std::function<void()> tell)> tell_elsewhere;
  };

  static absl::StatusOr<std::unique_ptr<Writer>> Start(Database& database,
                                                       const security::SchoolKey* school_key,
                                                       Options options, Observer observer);
  ~Writer();

  // RESOURCE_EXHAUSTED when the queue is full, UNAVAILABLE when the writer has stopped; then `work`
  // was not taken and Done is not called. While more comes than is done, works that wait are told
  // RESOURCE_EXHAUSTED here, on the caller's thread, perhaps this one.
  absl::Status Submit(std::unique_ptr<Work> work);

  // Works that wait at this moment.
  size_t queued();

  // Finishes what was submitted, then stops.
  void Stop();

 private:
  using Lines = SchoolLines<std::unique_ptr<Work>>;
  using Batch = std::vector<Lines::Taken>;

  Writer(Database& database, const security::SchoolKey* school_key, Options options,
         Observer observer, std::unique_ptr<Connection> connection);
  void Loop();
  // Whether work comes, or the end, within `patience`.
  bool Waits(absl::Duration patience);
  Batch Take();
  void Maintain(bool idle);
  bool HasWork() const { return stopping_ || !lines_.empty(); }  // under the monitor
  void Process(Batch batch);
  absl::Status AttemptAgain(Batch& batch);
  absl::Status Attempt(Batch& batch);
  absl::Status Run(Transaction& transaction, const Batch& batch, size_t& ran);
  void PutBack(Batch& batch, size_t ran);
  void Tell(Batch batch, const absl::Status& status);

  const Engine engine_;
  const security::SchoolKey* const school_key_;
  const Options options_;
  const Observer observer_;
  const std::unique_ptr<Connection> connection_;

  Monitor monitor_;  // guards what follows
  Lines lines_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier::storage
