// Structured log: one JSON object per line on standard error, with time, level, message, trace id and fields.
// Values name resources, methods and reasons; never personal data. Thread-safe, except SetLogService, which is called
// before the first thread starts.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier::rpc {

enum class Level { kDebug, kInfo, kWarning, kError };
using Fields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

// W3C trace context (https://www.w3.org/TR/trace-context/), version 00.
struct Traceparent {
  std::string trace_id;  // 32 lower-case hexadecimal digits
  std::string span_id;   // 16
  bool sampled = false;

  static Traceparent New();
  // nullopt when `text` is not a valid header of a version we can read.
  static std::optional<Traceparent> Parse(absl::string_view text);
  // The same trace, a new span: what is sent on to the next service.
  Traceparent Child() const;
  std::string ToString() const;
};

// Lines logged by this thread while the scope lives carry the trace id. Scopes nest.
class TraceScope {
 public:
  explicit TraceScope(const Traceparent& trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  std::string outer_;
};

// The "service" of every line, and the least level that is written. Default: "vivier", kInfo.
void SetLogService(absl::string_view service, Level least = Level::kInfo);

void Log(Level level, absl::string_view message, Fields fields = {});

// The line that Log writes, without its newline. Bytes that are not UTF-8 become U+FFFD.
std::string LogLine(absl::Time time, Level level, absl::string_view service, absl::string_view trace_id,
                    absl::string_view message, Fields fields);

}  // namespace vivier::rpc
