// What a process does for each of its services without being asked: answers to retries and
// operations are deleted when their time is over, readings are counted when theirs is, and erasures
// go to the list outside the database; once before it serves, the list comes back. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::site {

// A retry that comes later than this is a new request.
inline constexpr absl::Duration kAnswersKept = absl::Hours(30 * 24);

// What an operation answered is there for as long as a retry of its request is answered with its
// name.
inline constexpr absl::Duration kOperationsKept = kAnswersKept;

class Housekeeping {
 public:
  // Answers that are deleted in one transaction: the writer serves requests in between.
  static constexpr int kAnswersMax = 500;
  static constexpr size_t kErasuresMax = 500;
  // What is kept for thirty days may be kept an hour longer.
  static constexpr absl::Duration kInterval = absl::Hours(1);
  static constexpr absl::Duration kTryAgain = absl::Seconds(1);

  struct Options {
    const rpc::Service* service;
    std::set<std::string> schools;
    std::string data;  // the folder of the list
    storage::Writer* writer;
    rpc::Readers* readers;
    std::function<absl::Time()> now;   // the machine's, by which retries come
    std::function<absl::Time()> site;  // by which readings were made
    int reading_months;                // for which these are kept
    Scheduler* scheduler;
  };

  explicit Housekeeping(Options options);

  // Erases here whom the list names and the database does not: its backup was older. The service's
  // reaction runs first, while the keys still open what it folds.
  absl::Status ApplyList();
  // Does from now on what is due.
  void Begin();
  // Waits for what is being done; nothing is done by itself any more.
  void End();
  // A commit there erased somebody, or may have.
  void Erased(const std::string& school);
  // Does all that is due and waits for it.
  absl::Status RunOnce();

 private:
  void RunAll();
  void ListErased();
  void EndReadings();
  absl::Status ListErasures(const std::string& school);
  absl::Status DeleteAnswers(const std::string& school);
  absl::Status DeleteOperations(const std::string& school);
  // Once a day.
  absl::Status EndReadingsOf(const std::string& school);

  const Options options_;
  Scheduler::Timer all_, erased_, readings_;
  std::mutex keeping_;  // held by whoever keeps the house: the list has one writer
  std::map<std::string, int64_t> first_days_;  // of readings, by school; guarded by `keeping_`
  std::mutex mutex_;                           // guards what follows
  std::set<std::string> with_erasures_;        // schools that are looked at next
  bool begun_ = false;
};

}  // namespace vivier::site
