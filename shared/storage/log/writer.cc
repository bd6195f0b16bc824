#include "shared/storage/log/writer.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"

namespace vivier::storage {
namespace {

// An idle writer moves the log into the file after this time, so that a restart finds little to
// recover.
constexpr absl::Duration kIdle = absl::Seconds(1);

// How often a batch is run again after a lost connection, a deadlock or an unknown COMMIT before
// its callers hear of it.
constexpr int kAttemptsMax = 5;

constexpr char kQueue[] = "writer";  // what a refusal for load calls it

// The statement of one work is at fault, so the others of its batch deserve another run.
bool OneIsToBlame(const absl::Status& status) {
  return status.code() != absl::StatusCode::kUnavailable &&
         status.code() != absl::StatusCode::kResourceExhausted;
}

[[noreturn]] void Die(const absl::Status& status) {
  Log(LogLevel::kError, "the database is damaged or its disk failed; stopping, restore a backup",
      {{"error", status.message()}});
  std::abort();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Writer>> Writer::Start(Database& database,
                                                      const security::SchoolKey* school_key,
                                                      Options options, Observer observer) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, database.Connect(Access::kWrite));
  return std::unique_ptr<Writer>(new Writer(database, school_key, std::move(options),
                                            std::move(observer), std::move(connection)));
}

Writer::Writer(Database& database, const security::SchoolKey* school_key, Options options,
               Observer observer, std::unique_ptr<Connection> connection)
    : engine_(database.engine()),
      school_key_(school_key),
      options_(std::move(options)),
      observer_(std::move(observer)),
      connection_(std::move(connection)),
      thread_([this] { Loop(); }) {}

Writer::~Writer() { Stop(); }

void Writer::Stop() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Writer::Submit(std::unique_ptr<Work> work) {
  std::vector<std::unique_ptr<Work>> shed;
  {
    Monitor::Lock lock(monitor_);
    if (stopping_) return Unavailable("the service is stopping");
    const std::string school = work->school();
    if (lines_.size() >= options_.queue_works_max) {
      std::optional<std::unique_ptr<Work>> newest = lines_.TakeNewest(school);
      if (!newest.has_value()) return Overloaded(kQueue);
      shed.push_back(*std::move(newest));
    }
    const std::string share(work->share());
    for (std::unique_ptr<Work>& more : lines_.Add(school, share, std::move(work), absl::Now()))
      shed.push_back(std::move(more));
  }
  for (const std::unique_ptr<Work>& one : shed) one->Done(Overloaded(kQueue));
  return absl::OkStatus();
}

size_t Writer::queued() {
  Monitor::Lock lock(monitor_);
  return lines_.size();
}

void Writer::Loop() {
  while (true) {
    Batch batch = Take();
    if (batch.empty()) break;
    Process(std::move(batch));
    Maintain(false);
  }
  Maintain(true);  // what was deleted, a key above all, is not left behind in the log
}

// A failed checkpoint loses nothing: the log stays as it is and the next one takes it, unless the
// log is damaged.
void Writer::Maintain(bool idle) {
  if (const absl::Status status = connection_->Maintain(idle); absl::IsDataLoss(status))
    Die(status);
}

bool Writer::Waits(absl::Duration patience) {
  Monitor::Lock lock(monitor_);
  return lock.AwaitFor(patience, [this] { return HasWork(); });
}

// Works of the school whose turn it is. Empty when the writer is to stop.
Writer::Batch Writer::Take() {
  if (!Waits(kIdle)) Maintain(true);
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return HasWork(); });
  return lines_.Take(static_cast<size_t>(options_.batch_works_max), absl::Now());
}

void Writer::Process(Batch batch) {
  const absl::Status status = AttemptAgain(batch);
  if (status.ok() || batch.size() == 1 || !OneIsToBlame(status))
    return Tell(std::move(batch), status);
  for (Lines::Taken& work : batch) {
    Batch alone;
    alone.push_back(std::move(work));
    const absl::Status verdict = AttemptAgain(alone);
    Tell(std::move(alone), verdict);
  }
}

absl::Status Writer::AttemptAgain(Batch& batch) {
  absl::Status status;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    status = Attempt(batch);
    const bool passing = absl::IsAborted(status)
                             ? batch.size() == 1
                             : absl::IsUnavailable(status) && engine_ == Engine::kPostgres;
    if (!passing) break;
  }
  return status;
}

// Runs the batch and commits it, without those works that its time does not allow.
absl::Status Writer::Attempt(Batch& batch) {
  const absl::Time start = absl::Now();
  Transaction transaction(*connection_, batch.front().item->school(), school_key_);
  size_t ran = 0;
  const absl::Status status = Run(transaction, batch, ran);
  PutBack(batch, std::max<size_t>(ran, 1));
  const absl::Time ready = absl::Now();
  const absl::Status committed = status.ok() ? connection_->Commit() : status;
  // A row that another program changed has a reason of ours, and concerns who needs that row.
  if (absl::IsDataLoss(committed) && ReasonOf(committed).empty()) Die(committed);
  if (!committed.ok()) {
    connection_->Rollback();
    return committed;
  }
  const absl::Time end = absl::Now();
  if (observer_.committed) observer_.committed(transaction);
  if (observer_.measured) observer_.measured(batch.size(), end - start, end - ready);
  return absl::OkStatus();
}

absl::Status Writer::Run(Transaction& transaction, const Batch& batch, size_t& ran) {
  const absl::Time start = absl::Now();
  RETURN_IF_ERROR(connection_->Begin(Access::kWrite));
  RETURN_IF_ERROR(transaction.LockHead());
  if (engine_ == Engine::kPostgres) {
    Transaction::Wanted wanted;
    for (const Lines::Taken& work : batch) work.item->Want(wanted);
    RETURN_IF_ERROR(transaction.Prefetch(wanted));
  }
  // At least as long as it took to get here: a slow database, or a process that is given little of
  // a processor, would else do one work a batch, and less the more it is asked.
  const absl::Time began = absl::Now();
  const absl::Time end = began + std::max(options_.batch_time_max, began - start);
  const absl::Time now = options_.now();
  while (ran < batch.size() && (ran == 0 || absl::Now() < end)) {
    batch[ran++].item->Run(transaction, now);
    RETURN_IF_ERROR(connection_->Health());
  }
  return transaction.StoreHead();
}

// Lets those wait again that the batch had no time for.
void Writer::PutBack(Batch& batch, size_t ran) {
  if (ran >= batch.size()) return;
  const auto left = batch.begin() + static_cast<std::ptrdiff_t>(ran);
  Batch rest(std::make_move_iterator(left), std::make_move_iterator(batch.end()));
  batch.erase(left, batch.end());
  Monitor::Lock lock(monitor_);
  lines_.PutBack(batch.front().item->school(), std::move(rest));
}

void Writer::Tell(Batch batch, const absl::Status& status) {
  const auto told = std::make_shared<Batch>(std::move(batch));  // the task must be copyable
  const auto tell = [told, status] {
    for (const Lines::Taken& work : *told) work.item->Done(status);
    told->clear();
  };
  observer_.tell_elsewhere ? observer_.tell_elsewhere(tell) : tell();
}

}  // namespace vivier::storage
