// What an operator asks of a school of a process for each service: `vivier status`, as it runs and
// as it loses a service, and `vivier clock`, whose one word all processes heed, after a restart
// too.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/journey/school_processes.h"

namespace vivier::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Status, ShowsEachServiceAndWhoIsDown) {
  SchoolProcesses school({.tls = true});
  std::string screen;
  ASSERT_EQ(RunToEnd({"status", "--data", school.data()}, &screen), 0) << screen;
  for (const std::string& service : rpc::TradeServices())
    EXPECT_THAT(screen,
                ContainsRegex("\n" + service + " +serving +0[.]1[.]0 +[0-9]+ s +[0-9]+_[a-z_]+ "));
  EXPECT_THAT(screen, HasSubstr("follows enrolment 0"));
  EXPECT_THAT(
      screen,
      ContainsRegex(
          " [0-9]+ min +-"));  // its certificate is good for an hour, and nobody proved it yet
  std::string verified;
  ASSERT_EQ(school.Verify(&verified), 0) << verified;
  ASSERT_EQ(RunToEnd({"status", "--data", school.data()}, &screen), 0) << screen;
  EXPECT_THAT(screen, HasSubstr(" s ago"));
  school.process("funding").Kill();
  EXPECT_EQ(RunToEnd({"status", "--data", school.data()}, &screen), 1);
  EXPECT_THAT(screen, HasSubstr("funding     DOWN"));
  EXPECT_THAT(screen, ContainsRegex("\nenrolment +serving"));
}

TEST(Status, OfAStoppedSchoolIsThatOfItsData) {
  SchoolProcesses school({.one_process = true});
  std::string screen;
  ASSERT_EQ(RunToEnd({"status", "--data", school.data()}, &screen), 0) << screen;
  ASSERT_EQ(school.process("all").Terminate(), 0);
  EXPECT_EQ(RunToEnd({"status", "--data", school.data()}, &screen), 1);
  EXPECT_THAT(screen, ContainsRegex("\nenrolment +stopped"));
}

class ClockCommand : public ::testing::Test {
 protected:
  // Exit status and what was printed.
  std::pair<int, std::string> Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", school_.data()});
    std::string output;
    const int status = RunToEnd(arguments, &output);
    return {status, output};
  }
  void Call(const std::string& method, const std::string& request) {
    const auto [status, output] = Run({"call", method, request});
    EXPECT_EQ(status, 0) << output;
  }
  std::string Trail(const std::string& name) { return Run({"audit", name}).second; }

  SchoolProcesses school_{{}};
};

TEST_F(ClockCommand, IsOneForAllProcessesAndKeptByARestart) {
  EXPECT_THAT(Run({"clock"}).second, HasSubstr("the machine's"));
  const auto [status, output] = Run({"clock", "2097-05-01T08:00:00Z"});
  ASSERT_EQ(status, 0) << output;
  EXPECT_THAT(output, StartsWith("2097-05-01T08:00:0"));
  Call("UpdateSchool",
       R"({"school": {"name": "schools/nancy", "title": "Nancy"},
           "allowMissing": true,
           "requestId": "0b5d5f1e-5a0f-4c3e-9a64-0c6f0f2c9a01"})");
  Call("CreateFunder",
       R"({"parent": "schools/nancy", "funderId": "region", "funder": {"title": "Region",
           "kind": "REGIONAL_COUNCIL"}, "requestId": "0b5d5f1e-5a0f-4c3e-9a64-0c6f0f2c9a02"})");
  const std::string trail = Trail("schools/nancy");
  EXPECT_THAT(trail, ContainsRegex("2097-05-01T08:[^ ]+  enrolment/"));
  EXPECT_THAT(trail, ContainsRegex("2097-05-01T08:[^ ]+  funding/"));

  EXPECT_EQ(Run({"clock", "+1d12h"}).first, 0);
  school_.Stop();
  school_.Start();
  Call("UpdateFunder",
       R"({"funder": {"name": "schools/nancy/funders/region", "title": "Grand Est"},
           "updateMask": "title", "requestId": "0b5d5f1e-5a0f-4c3e-9a64-0c6f0f2c9a03"})");
  EXPECT_THAT(Trail("schools/nancy/funders/region"), HasSubstr("2097-05-02T20:"));
  EXPECT_THAT(Run({"clock"}).second, StartsWith("2097-05-02T20:"));
  std::string report;
  EXPECT_EQ(school_.Verify(&report), 0) << report;
}

TEST_F(ClockCommand, SaysWhyItDoesNotMove) {
  ASSERT_EQ(Run({"clock", "2097-05-01T08:00:00Z"}).first, 0);
  for (const char* time : {"2097-04-30T08:00:00Z", "+-1d", "+", "+d", "+1", "+0d", "tomorrow",
                           "2097-06-01", "2200-01-01T00:00:00Z", "+200000000000d"}) {
    const auto [status, output] = Run({"clock", time});
    EXPECT_EQ(status, 1) << time << ": " << output;
    EXPECT_THAT(output, HasSubstr("INVALID_FIELD")) << time;
  }
  EXPECT_EQ(Run({"clock", "+1d", "+1d"}).first, 1);
  EXPECT_THAT(Run({"clock"}).second, StartsWith("2097-05-01T08:"));
  const auto [status, output] = Run({"clock", "+1d", "--nodevelopment", "--config", "/dev/null"});
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr("development: true"));
}

}  // namespace
}  // namespace vivier::testing
