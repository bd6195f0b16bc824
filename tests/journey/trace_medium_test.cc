// What one person sets going can be followed through the logs of all services by one trace id: an
// admission from enrolment, which holds the seat, to funding, which finds the money, and back, and
// on to statistics.
#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/journey/school_processes.h"

namespace vivier::testing {
namespace {

using ::testing::Contains;

std::string Text(const google::protobuf::Struct& line, const std::string& field) {
  const auto found = line.fields().find(field);
  return found == line.fields().end() ? "" : found->second.string_value();
}

// The lines of a service's log that carry the trace, or all where it is "", as objects.
std::vector<google::protobuf::Struct> Lines(SchoolProcesses& school, const std::string& service,
                                            const std::string& trace = "") {
  std::vector<google::protobuf::Struct> lines;
  for (absl::string_view text :
       absl::StrSplit(school.process(service).Log(), '\n', absl::SkipEmpty())) {
    google::protobuf::Struct line;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(std::string(text), &line).ok()) << text;
    if (trace.empty() || Text(line, "trace") == trace) lines.push_back(line);
  }
  return lines;
}

// What a service did in the trace, with how it ended: "vivier.enrolment.v1.SeatHeld OK".
std::set<std::string> Done(SchoolProcesses& school, const std::string& service,
                           const std::string& trace) {
  std::set<std::string> done;
  for (const google::protobuf::Struct& line : Lines(school, service, trace))
    if (Text(line, "message") == "done")
      done.insert(absl::StrCat(Text(line, "what"), " ", Text(line, "outcome")));
  return done;
}

// The traces in which enrolment held a seat for somebody whom funding then paid for: all but those
// of the waitlist.
std::set<std::string> Admissions(SchoolProcesses& school) {
  std::set<std::string> traces;
  for (const google::protobuf::Struct& line : Lines(school, "enrolment"))
    if (Text(line, "what") == "vivier.enrolment.v1.AdmissionService.AdmitApplication" &&
        Text(line, "outcome") == "OK")
      traces.insert(Text(line, "trace"));
  return traces;
}

TEST(Trace, FollowsAnAdmissionThroughTheServices) {
  SchoolProcesses school({});
  school.BeginStory();
  ASSERT_NE(school.Figures(), "");
  int followed = 0;
  for (const std::string& trace : Admissions(school)) {
    EXPECT_EQ(trace.size(), 32u);
    const std::set<std::string> funding = Done(school, "funding", trace);
    if (funding.count("vivier.enrolment.v1.SeatHeld OK") == 0)
      continue;  // on the waitlist no seat was held
    const std::set<std::string> enrolment = Done(school, "enrolment", trace);
    if (enrolment.count("vivier.funding.v1.SeatRefused OK") > 0) continue;  // the money was spent
    EXPECT_THAT(enrolment, Contains("vivier.funding.v1.SeatFunded OK"));
    EXPECT_THAT(Done(school, "statistics", trace), Contains("vivier.funding.v1.SeatFunded OK"));
    ++followed;
  }
  EXPECT_GT(followed, 5);
}

TEST(Trace, IsTheCallers) {
  SchoolProcesses school({.one_process = true});
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  ASSERT_EQ(RunToEnd({"call", "RequestSubmission", "{\"parent\": \"schools/nancy\"}", "--data",
                      school.data(), "--traceparent",
                      absl::StrCat("00-", trace, "-00f067aa0ba902b7-01")}),
            0);
  EXPECT_THAT(Done(school, "all", trace),
              Contains("vivier.statistics.v1.NetworkService.RequestSubmission OK"));
}

}  // namespace
}  // namespace vivier::testing
