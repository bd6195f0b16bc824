#include "shared/log/log.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "google/protobuf/stubs/logging.h"
#include "shared/base/error.h"
#include "shared/base/unicode.h"
#include "shared/log/log_limit.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace vivier {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
// Outcomes a second: of traces that somebody wants to read, and of the others.
constexpr int kSampledLoggedMax = 2000;
constexpr int kOthersLoggedMax = 100;
constexpr size_t kTraceparentSize = 55;  // 2 + 32 + 16 + 2 digits and three hyphens

spdlog::logger& Logger() {
  static spdlog::logger& logger = [&]() -> spdlog::logger& {
    auto* made = new spdlog::logger("vivier", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return *made;
  }();
  return logger;
}

std::string& ServiceName() {
  static auto& name = *new std::string("vivier");
  return name;
}

std::optional<Traceparent>& CurrentTrace() {
  thread_local std::optional<Traceparent> trace;
  return trace;
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

void AppendQuoted(std::string& line, absl::string_view text) {
  line += '"';
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    const auto first = static_cast<uint8_t>(text[0]);
    if (size == 0) {
      absl::StrAppend(&line, kReplacement);
    } else if (first == '"' || first == '\\') {
      line += '\\';
      line += text[0];
    } else if (first < 0x20 || first == 0x7F) {
      absl::StrAppendFormat(&line, "\\u%04x", first);
    } else {
      absl::StrAppend(&line, text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  line += '"';
}

void AppendField(std::string& line, absl::string_view key, absl::string_view value) {
  if (line.size() > 1) line += ',';
  AppendQuoted(line, key);
  line += ':';
  AppendQuoted(line, value);
}

// A random number that is not zero: the trace context forbids identifiers of zeros only.
uint64_t RandomNumber() {
  thread_local std::mt19937_64 generator([] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }());
  for (;;) {
    if (const uint64_t number = generator(); number != 0) return number;
  }
}

bool IsIdentifier(absl::string_view text) {
  bool some = false;
  for (const char digit : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit)) && (digit < 'a' || digit > 'f'))
      return false;
    some = some || digit != '0';
  }
  return some;
}

// Of bytes that are no message it says so on standard error, each time and past our own lines:
// whoever calls could fill the log.
void LogProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  if (level >= google::protobuf::LOGLEVEL_FATAL)
    Log(LogLevel::kError, "protobuf ends the process", {{"error", message}});
}

}  // namespace

Traceparent Traceparent::New(bool sampled) {
  return {absl::StrFormat("%016x%016x", RandomNumber(), RandomNumber()),
          absl::StrFormat("%016x", RandomNumber()), sampled};
}

std::optional<Traceparent> Traceparent::Parse(absl::string_view text) {
  if (text.size() != kTraceparentSize || text.substr(0, 3) != "00-" || text[35] != '-' ||
      text[52] != '-') {
    return std::nullopt;
  }
  const absl::string_view flags = text.substr(53);
  if (!IsIdentifier(text.substr(3, 32)) || !IsIdentifier(text.substr(36, 16)) ||
      (flags != "00" && !IsIdentifier(flags))) {
    return std::nullopt;
  }
  const int last = absl::ascii_isdigit(static_cast<unsigned char>(flags[1])) ? flags[1] - '0'
                                                                             : flags[1] - 'a' + 10;
  return Traceparent{std::string(text.substr(3, 32)), std::string(text.substr(36, 16)),
                     (last & 1) != 0};
}

Traceparent Traceparent::Child() const {
  return {trace_id, absl::StrFormat("%016x", RandomNumber()), sampled};
}

std::string Traceparent::ToString() const {
  return absl::StrCat("00-", trace_id, "-", span_id, sampled ? "-01" : "-00");
}

TraceScope::TraceScope(const Traceparent& trace) : outer_(std::move(CurrentTrace())) {
  CurrentTrace() = trace;
}

TraceScope::~TraceScope() { CurrentTrace() = std::move(outer_); }

std::string TraceparentToSend() { return CurrentTrace() ? CurrentTrace()->Child().ToString() : ""; }

void SetLogService(absl::string_view service, LogLevel least) {
  google::protobuf::SetLogHandler(&LogProtobuf);
  ServiceName() = std::string(service);
  Logger().set_level(SpdlogLevel(least));
}

void Log(LogLevel level, absl::string_view message, LogFields fields) {
  if (!Logger().should_log(SpdlogLevel(level))) return;
  const std::string trace_id = CurrentTrace() ? CurrentTrace()->trace_id : "";
  const std::string line = LogLine(absl::Now(), level, ServiceName(), trace_id, message, fields);
  Logger().log(SpdlogLevel(level), spdlog::string_view_t(line));
}

void LogOutcome(const Traceparent& trace, absl::string_view what, absl::string_view resource,
                const absl::Status& outcome) {
  static LogLimit& sampled = *new LogLimit(kSampledLoggedMax);
  static LogLimit& others = *new LogLimit(kOthersLoggedMax);
  if (!Logger().should_log(spdlog::level::info) ||
      !(trace.sampled ? sampled : others).Enter(absl::Now()))
    return;
  const TraceScope scope(trace);
  const std::string reason = outcome.ok() ? "OK" : ReasonOf(outcome);
  Log(LogLevel::kInfo, "done", {{"what", what}, {"resource", resource}, {"outcome", reason}});
}

std::string LogLine(absl::Time time, LogLevel level, absl::string_view service,
                    absl::string_view trace_id, absl::string_view message, LogFields fields) {
  std::string line = "{";
  AppendField(line, "time", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()));
  AppendField(line, "level", LevelName(level));
  AppendField(line, "service", service);
  if (!trace_id.empty()) AppendField(line, "trace", trace_id);
  AppendField(line, "message", message);
  for (const auto& [key, value] : fields) AppendField(line, key, value);
  return line + "}";
}

}  // namespace vivier
