#include "shared/log/log.h"

#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

std::string Line(absl::string_view message, LogFields fields = {}) {
  return LogLine(absl::FromUnixMicros(1'000'001), LogLevel::kWarning, "enrolment", "", message,
                 fields);
}

constexpr char kStart[] =
    R"({"time":"1970-01-01T00:00:01.000001Z","level":"warning","service":"enrolment","message":)";

TEST(LogLine, IsOneJsonObject) {
  EXPECT_EQ(
      Line("refused", {{"reason", "NO_MONEY"}, {"cohort", "schools/nancy/cohorts/a"}}),
      std::string(kStart) + R"("refused","reason":"NO_MONEY","cohort":"schools/nancy/cohorts/a"})");
  EXPECT_EQ(LogLine(absl::UnixEpoch(), LogLevel::kDebug, "s", "4bf9", "m", {}),
            R"({"time":"1970-01-01T00:00:00.000000Z","level":"debug","service":"s","trace":"4bf9",)"
            R"("message":"m"})");
}

TEST(LogLine, EscapesWhatWouldBreakIt) {
  struct Row {
    std::string text, json;
  };
  const Row rows[] = {{"a\"b\\c", R"("a\"b\\c")"},
                      {std::string("a\n\0\x7F", 4), R"("a\u000a\u0000\u007f")"},
                      {"Évreux 学 🎓", "\"Évreux 学 🎓\""},
                      {"a\xFFz", "\"a\uFFFDz\""},
                      {"\xC0\x80", "\"\uFFFD\uFFFD\""},            // overlong
                      {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},  // a surrogate
                      {"\xE2\x82", "\"\uFFFD\uFFFD\""}};           // cut
  for (const Row& row : rows) EXPECT_EQ(Line(row.text), kStart + row.json + "}");
}

// Anybody may send them.
TEST(Log, IsSilentAboutBytesThatAreNoMessage) {
  SetLogService("vivier");
  ::testing::internal::CaptureStderr();
  google::protobuf::StringValue value;
  EXPECT_FALSE(value.ParseFromString("\x0a\x01\xff"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Traceparent, ParsesWhatItWrites) {
  const Traceparent made = Traceparent::New();
  const std::optional<Traceparent> parsed = Traceparent::Parse(made.ToString());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->trace_id, made.trace_id);
  EXPECT_EQ(parsed->span_id, made.span_id);
  const Traceparent child = made.Child();
  EXPECT_EQ(child.trace_id, made.trace_id);
  EXPECT_NE(child.span_id, made.span_id);
  EXPECT_NE(Traceparent::New().trace_id, made.trace_id);
}

TEST(Traceparent, AcceptsOnlyTheStandardsForm) {
  struct Row {
    const char* text;
    bool valid, sampled;
  };
  const Row rows[] = {{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true, true},
                      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true, false},
                      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0b", true, true},
                      {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false, false},
                      {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false, false},
                      {"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, false},
                      {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, false},
                      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", false, false},
                      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false, false},
                      {"", false, false}};
  for (const Row& row : rows) {
    const std::optional<Traceparent> parsed = Traceparent::Parse(row.text);
    ASSERT_EQ(parsed.has_value(), row.valid) << row.text;
    EXPECT_EQ(parsed && parsed->sampled, row.sampled) << row.text;
  }
}

TEST(Log, CarriesTheTraceOfItsScopeAndObeysTheLevel) {
  const Traceparent outer = Traceparent::New(), inner = Traceparent::New();
  SetLogService("funding", LogLevel::kInfo);
  ::testing::internal::CaptureStderr();
  {
    const TraceScope scope(outer);
    { const TraceScope nested(inner); }
    Log(LogLevel::kInfo, "inside", {});
    Log(LogLevel::kDebug, "not written", {});
  }
  Log(LogLevel::kInfo, "outside", {});
  const std::string written = ::testing::internal::GetCapturedStderr();
  const size_t end_of_first = written.find('\n');
  EXPECT_NE(
      written.substr(0, end_of_first).find(R"("service":"funding","trace":")" + outer.trace_id),
      std::string::npos);
  EXPECT_EQ(written.find("not written"), std::string::npos);
  EXPECT_EQ(written.substr(end_of_first).find("trace"), std::string::npos);
}

// Whoever asked for a trace finds it whole; under load the others are a sample, for a log costs
// more than a small write.
TEST(LogOutcome, KeepsEachSampledTraceAndSomeOfTheOthers) {
  const auto lines = [](bool sampled) {
    ::testing::internal::CaptureStderr();
    for (int i = 0; i < 500; ++i)
      LogOutcome(Traceparent::New(sampled), "SeatHeld", "schools/nancy", absl::OkStatus());
    const std::string log = ::testing::internal::GetCapturedStderr();
    return std::count(log.begin(), log.end(), '\n');
  };
  EXPECT_EQ(lines(true), 500);
  const auto some = lines(false);
  EXPECT_GT(some, 0);
  EXPECT_LT(some, 500);
}

TEST(TraceScope, GoesOnWithANewSpan) {
  EXPECT_EQ(TraceparentToSend(), "");
  const Traceparent trace = Traceparent::New(true);
  const TraceScope scope(trace);
  const auto sent = Traceparent::Parse(TraceparentToSend());
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->trace_id, trace.trace_id);
  EXPECT_NE(sent->span_id, trace.span_id);
  EXPECT_TRUE(sent->sampled);
}

}  // namespace
}  // namespace vivier
