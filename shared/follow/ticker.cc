#include "shared/follow/ticker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/monitor.h"
#include "shared/base/status.h"
#include "shared/log/log.h"

namespace vivier::follow {
namespace {

using storage::Result;
using storage::Value;

class TickWork : public storage::Work {
 public:
  TickWork(std::string school, const rpc::TickRow& tick, std::string name,
           std::function<void(const absl::Status&)> done)
      : school_(std::move(school)), tick_(tick), name_(std::move(name)), done_(std::move(done)) {}

  const std::string& school() const override { return school_; }

  void Want(storage::Transaction::Wanted& wanted) const override {
    wanted.rows.push_back({tick_.schema, name_});
  }

  void Run(storage::Transaction& transaction, absl::Time now) override {
    static const security::Caller& clock = *new security::Caller{
        "service/clock", security::Caller::Kind::kService, {"service"}, {"*"}, ""};
    const rpc::Fetched none;
    storage::Unit unit(transaction);
    rpc::Call call(clock, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, none);
    const TraceScope scope(trace_);
    verdict_ = tick_.handle(call, name_);
    if (verdict_.ok())
      verdict_ = unit.Apply({clock.subject, tick_.name, name_, "", "", trace_.ToString()}, now);
  }

  void Done(const absl::Status& committed) override {
    const absl::Status& outcome = committed.ok() ? verdict_ : committed;
    LogOutcome(trace_, tick_.name, name_, outcome);
    done_(outcome);
  }

 private:
  const std::string school_;
  const rpc::TickRow& tick_;
  const std::string name_;
  const std::function<void(const absl::Status&)> done_;
  const Traceparent trace_ = Traceparent::New();  // a clock begins a trace
  absl::Status verdict_;
};

}  // namespace

Ticker::Ticker(Options options) : options_(std::move(options)) {
  for (const rpc::TickRow& tick : options_.service->ticks()) watched_.insert(tick.schema);
  if (watched_.empty()) return;
  for (const std::string& school : options_.schools)
    timers_.try_emplace(school, *options_.scheduler, Scheduler::Lane::kHouse,
                        [this, school] { Look(school, timers_.at(school)); });
}

void Ticker::Begin() {
  begun_ = true;
  for (auto& [school, timer] : timers_) timer.In(absl::ZeroDuration());
}

void Ticker::End() {
  for (auto& [school, timer] : timers_) timer.Close();
}

void Ticker::Changed(const std::string& school, const std::vector<storage::RowKey>& rows) {
  const auto is_watched = [this](const storage::RowKey& row) {
    return watched_.contains(row.first);
  };
  if (!watched_.empty() && std::any_of(rows.begin(), rows.end(), is_watched)) LookAt(school);
}

void Ticker::LookAt(const std::string& school) {
  const auto timer = timers_.find(school);
  if (begun_ && timer != timers_.end()) timer->second.In(kGather);
}

int Ticker::RunOnce() {
  int handled = 0;
  for (const rpc::TickRow& tick : options_.service->ticks())
    for (const std::string& school : options_.schools)
      if (const absl::StatusOr<Found> found = Find(tick, school); found.ok())
        handled += Handle(tick, school, found->due);
  return handled;
}

void Ticker::Look(const std::string& school, Scheduler::Timer& timer) {
  for (const rpc::TickRow& tick : options_.service->ticks()) {
    const absl::StatusOr<Found> found = Find(tick, school);
    if (!found.ok() || !found->due.empty()) timer.In(kTryAgain);
    if (!found.ok()) continue;
    timer.AtSite(found->next);
    Handle(tick, school, found->due);
  }
}

absl::StatusOr<Ticker::Found> Ticker::Find(const rpc::TickRow& tick, const std::string& school) {
  const Value at(school), now(absl::ToUnixMicros(options_.now()));
  const std::string from =
      absl::StrCat(" FROM ", tick.schema->table(), " WHERE school = $1 AND ", tick.due_column);
  Found found;
  const auto read = [&](storage::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const Result due, transaction.connection().Query(
                                           absl::StrCat("SELECT name", from, " <= $2 ORDER BY ",
                                                        tick.due_column, ", name LIMIT ", kRowsMax),
                                           {at, now}));
    for (const storage::Row& row : due.rows) found.due.push_back(std::get<std::string>(row[0]));
    ASSIGN_OR_RETURN(
        const Result next,
        transaction.connection().Query(
            absl::StrCat("SELECT MIN(", tick.due_column, ")", from, " > $2"), {at, now}));
    if (const auto* micros = std::get_if<int64_t>(&next.rows[0][0]))
      found.next = absl::FromUnixMicros(*micros);
    return absl::OkStatus();
  };
  const absl::Status looked = options_.readers->Read(school, read);
  if (looked.ok()) return found;
  Log(LogLevel::kWarning, "a tick could not look",
      {{"tick", tick.name}, {"error", looked.message()}});
  return looked;
}

// How many were handled; waits for all.
int Ticker::Handle(const rpc::TickRow& tick, const std::string& school,
                   const std::vector<std::string>& due) {
  std::atomic<int> handled{0};
  Countdown waiting(due.size());
  for (const std::string& name : due) {
    const auto done = [&, name](const absl::Status& status) {
      if (status.ok())
        ++handled;
      else
        Log(LogLevel::kWarning, "a tick failed",
            {{"tick", tick.name}, {"resource", name}, {"error", status.message()}});
      waiting.CountDown();
    };
    const absl::Status taken =
        options_.writer->Submit(std::make_unique<TickWork>(school, tick, name, done));
    if (!taken.ok()) done(taken);
  }
  waiting.Wait();
  return handled;
}

}  // namespace vivier::follow
