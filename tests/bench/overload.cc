#include "tests/bench/overload.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "tests/bench/process.h"

namespace vivier::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);  // of a caller; a later answer is no use
constexpr absl::Duration kTick = absl::Milliseconds(1);
// A server notices an overload within some 150 ms and tells its callers: what comes until then is
// counted apart.
constexpr absl::Duration kUnnoticed = absl::Milliseconds(500);
constexpr absl::Duration kNormal = absl::Seconds(5);  // within which a site is itself again

// What came back of the calls of one turn.
struct Tally {
  int sent = 0;
  int expired = 0;        // no answer in time
  int failed = 0;         // neither answered nor refused for load
  int answered = 0;       // before the turn was over
  int answered_late = 0;  // of them, in its second half
  std::vector<double> answered_ms, refused_ms;
  std::vector<double> refused_unnoticed_ms;
  absl::Time last_refusal = absl::InfinitePast();
};

class OpenLoop {
 public:
  OpenLoop(const Load& load, double per_second, absl::Duration time)
      : load_(load), per_second_(per_second), time_(time) {}

  Tally Run() {
    start_ = absl::Now();
    for (absl::Time now = start_; now < start_ + time_; now = absl::Now()) {
      for (const double due = per_second_ * absl::ToDoubleSeconds(now - start_); sent_ < due;)
        Send();
      absl::SleepFor(kTick);
    }
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &OpenLoop::IsOver));
    tally_.sent = sent_;
    return std::move(tally_);
  }

 private:
  bool IsOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return answers_ == sent_; }

  void Send() {
    const std::optional<std::string> request = load_.next();
    const auto& channels = load_.target->channels;
    rpc::Channel& channel = *channels[static_cast<size_t>(sent_++) % channels.size()];
    channel.Start(load_.path, *request, {kPatience, load_.target->authorization, ""},
                  [this, start = absl::Now()](const absl::StatusOr<std::string>& answer) {
                    Count(answer.status(), start);
                  });
  }

  void Count(const absl::Status& status, absl::Time start) {
    absl::MutexLock lock(&mutex_);
    ++answers_;
    const absl::Time now = absl::Now();
    const double milliseconds = absl::ToDoubleMilliseconds(now - start);
    if (status.ok()) {
      tally_.answered += now < start_ + time_ ? 1 : 0;
      tally_.answered_late += now > start_ + time_ / 2 && now < start_ + time_ ? 1 : 0;
      tally_.answered_ms.push_back(milliseconds);
    } else if (absl::IsResourceExhausted(status)) {
      (start < start_ + kUnnoticed ? tally_.refused_unnoticed_ms : tally_.refused_ms)
          .push_back(milliseconds);
      tally_.last_refusal = now;
    } else {
      ++(absl::IsDeadlineExceeded(status) ? tally_.expired : tally_.failed);
    }
  }

  const Load& load_;
  const double per_second_;
  const absl::Duration time_;
  absl::Time start_;
  int sent_ = 0;
  absl::Mutex mutex_;
  int answers_ ABSL_GUARDED_BY(mutex_) = 0;
  Tally tally_ ABSL_GUARDED_BY(mutex_);
};

double ResidentMegabytes(pid_t process) {
  std::ifstream status(absl::StrCat("/proc/", process, "/status"));
  for (std::string word; status >> word;)
    if (double kilobytes = 0; word == "VmRSS:" && status >> kilobytes) return kilobytes / 1024;
  return 0;
}

void Tell(const std::string& name, const Tally& tally, Report& report) {
  report.Number(name + "_refused_p99_ms", Percentile(tally.refused_ms, 99));
  report.Number(name + "_refused_unnoticed_p99_ms", Percentile(tally.refused_unnoticed_ms, 99));
  report.Number(name + "_answered_p99_ms", Percentile(tally.answered_ms, 99));
  report.Number(name + "_refused_share",
                static_cast<double>(tally.refused_ms.size() + tally.refused_unnoticed_ms.size()) /
                    tally.sent);
  report.Number(name + "_expired_share", static_cast<double>(tally.expired) / tally.sent);
  report.Number(name + "_failed_share", static_cast<double>(tally.failed) / tally.sent);
}

void MeasureFlood(const Overload& overload, const Flood& flood, double peak, Report& report) {
  std::thread flooding([&] { OpenLoop(flood.load, 5 * peak, overload.time).Run(); });
  const Tally others = OpenLoop(overload.load, peak / 2, overload.time).Run();
  flooding.join();
  const std::string name = absl::StrCat("while_", flood.who, "_floods_", overload.name);
  report.Number("goodput_others_" + name,
                static_cast<double>(others.answered_ms.size()) / others.sent);
  Tell("others_" + name, others, report);
}

}  // namespace

absl::Status MeasureOverload(const Overload& overload, Report& report) {
  RETURN_IF_ERROR(Drive(overload.load, overload.time / 2).status());  // warms what can be warmed
  const std::string& name = overload.name;
  const double processor = ProcessorSeconds(overload.server);
  ASSIGN_OR_RETURN(const Outcome peak, Drive(overload.load, overload.time));
  report.Number("peak_processor_us_per_call_" + name,
                (ProcessorSeconds(overload.server) - processor) * 1e6 / peak.answers);
  report.Number("peak_per_s_" + name, peak.per_second());
  const double before = ResidentMegabytes(overload.server);
  for (const int times : {2, 5}) {
    const std::string turn = absl::StrCat(times, "x_", name);
    const double processor = ProcessorSeconds(overload.server);
    const Tally tally = OpenLoop(overload.load, times * peak.per_second(), overload.time).Run();
    const double at_peak = absl::ToDoubleSeconds(overload.time) * peak.per_second();
    report.Number("goodput_" + turn, tally.answered / at_peak);
    report.Number(turn + "_late_goodput", tally.answered_late / at_peak * 2);
    report.Number(turn + "_processor_us_per_call",
                  (ProcessorSeconds(overload.server) - processor) * 1e6 / tally.sent);
    Tell(turn, tally, report);
    const absl::Time calm = absl::Now();
    const Tally after = OpenLoop(overload.load, peak.per_second() / 2, kNormal).Run();
    Tell(turn + "_afterwards", after, report);
    report.Number(turn + "_normal_after_s",
                  after.last_refusal < calm ? 0 : absl::ToDoubleSeconds(after.last_refusal - calm));
  }
  for (const Flood& flood : overload.floods)
    MeasureFlood(overload, flood, peak.per_second(), report);
  report.Number("memory_grows_mb_" + name, ResidentMegabytes(overload.server) - before);
  return absl::OkStatus();
}

}  // namespace vivier::bench
