// Structured log: one JSON object per line on standard error, with time, level, message, trace id
// and fields. Values name resources, methods and reasons; never personal data. Thread-safe, except
// SetLogService, which is called before the first thread starts.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
using LogFields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

// W3C trace context (https://www.w3.org/TR/trace-context/), version 00.
struct Traceparent {
  std::string trace_id;  // 32 lower-case hexadecimal digits
  std::string span_id;   // 16
  bool sampled = false;  // whoever began it wants to read it

  static Traceparent New(bool sampled = false);
  // nullopt when `text` is not a valid header of a version we can read.
  static std::optional<Traceparent> Parse(absl::string_view text);
  // The same trace, a new span: what is sent on to the next service.
  Traceparent Child() const;
  std::string ToString() const;
};

// Lines logged by this thread while the scope lives carry the trace id, and calls to other services
// its trace context. Scopes nest.
class TraceScope {
 public:
  explicit TraceScope(const Traceparent& trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  std::optional<Traceparent> outer_;
};

// What a call made by this thread sends on: a new span of the scope's trace, "" outside of every
// scope.
std::string TraceparentToSend();

// The "service" of every line, and the least level that is written. Default: "vivier", kInfo.
void SetLogService(absl::string_view service, LogLevel least = LogLevel::kInfo);

void Log(LogLevel level, absl::string_view message, LogFields fields = {});

// How a write or a reaction ended, so that one cause can be followed through the services' logs by
// its trace id. Where the caller asked for it (the trace is sampled) up to 2,000 a second; of other
// traces 100, as many as a busy school makes, since under load a log must not cost more than the
// work. `what` is the rpc, the event's type or the tick.
void LogOutcome(const Traceparent& trace, absl::string_view what, absl::string_view resource,
                const absl::Status& outcome);

// The line that Log writes, without its newline. Bytes that are not UTF-8 become U+FFFD.
std::string LogLine(absl::Time time, LogLevel level, absl::string_view service,
                    absl::string_view trace_id, absl::string_view message, LogFields fields);

}  // namespace vivier
