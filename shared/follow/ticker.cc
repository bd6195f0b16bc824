#include "shared/follow/ticker.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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

Ticker::Ticker(Options options) : options_(std::move(options)), thread_([this] { Loop(); }) {}

Ticker::~Ticker() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  thread_.join();
}

void Ticker::Loop() {
  while (true) {
    {
      Monitor::Lock lock(monitor_);
      if (lock.AwaitFor(options_.interval, [this] { return stopping_; })) return;
    }
    RunOnce();
  }
}

int Ticker::RunOnce() {
  int handled = 0;
  for (const rpc::TickRow& tick : options_.service->ticks())
    for (const std::string& school : options_.schools) handled += RunTick(tick, school);
  return handled;
}

int Ticker::RunTick(const rpc::TickRow& tick, const std::string& school) {
  std::vector<std::string> due;
  const absl::Status found =
      options_.readers->Read(school, [&](storage::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(
            Result rows,
            transaction.connection().Query(
                absl::StrCat("SELECT name FROM ", tick.schema->table(), " WHERE school = $1 AND ",
                             tick.due_column, " <= $2 ORDER BY ", tick.due_column, ", name LIMIT ",
                             kRowsMax),
                {Value(school), Value(absl::ToUnixMicros(options_.now()))}));
        for (storage::Row& row : rows.rows) due.push_back(std::get<std::string>(row[0]));
        return absl::OkStatus();
      });
  if (!found.ok())
    Log(LogLevel::kWarning, "a tick could not look",
        {{"tick", tick.name}, {"error", found.message()}});
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
