// What an operator asks of a school of a process for each service: `vivier status`, as it runs and
// as it loses a service, and `vivier clock`, whose one word all processes heed, after a restart
// too. And Redis's password, which they rotate.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/journey/prometheus.h"
#include "tests/journey/school_processes.h"
#include "tests/support/redis_server.h"

namespace vivier::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
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

  const std::string backups = school_.data() + ".backups";  // an act, of the site's time too
  const auto [backed_up, why] = Run({"backup", backups});
  EXPECT_EQ(backed_up, 0) << why;
  school_.Stop();
  const auto [restored, said] = Run({"restore", backups, "--replace"});
  EXPECT_EQ(restored, 0) << said;
  school_.Start();
  EXPECT_THAT(Trail("schools/nancy"), ContainsRegex("2097-05-02T20:[^\n]*vivier.restore"));
  std::filesystem::remove_all(backups);
}

TEST_F(ClockCommand, SaysWhyItDoesNotMove) {
  ASSERT_EQ(Run({"clock", "2097-05-01T08:00:00Z"}).first, 0);
  for (const char* time : {"2097-04-30T08:00:00Z", "2200-01-01T00:00:00Z"}) {
    const auto [status, output] = Run({"clock", time});
    EXPECT_EQ(status, 1) << time << ": " << output;
    EXPECT_THAT(output, HasSubstr("INVALID_FIELD")) << time;
  }
  for (const char* time :
       {"+-1d", "+", "+d", "+1", "+0d", "tomorrow", "2097-06-01", "+200000000000d"}) {
    const auto [status, output] = Run({"clock", time});
    EXPECT_EQ(status, 2) << time << ": " << output;
    EXPECT_THAT(output, HasSubstr("TIME is")) << time;
  }
  EXPECT_EQ(Run({"clock", "+1d", "+1d"}).first, 2);
  EXPECT_THAT(Run({"clock"}).second, StartsWith("2097-05-01T08:"));
  const auto [status, output] =
      Run({"clock", "+1d", "--development=false", "--config", "/dev/null"});
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr("development: true"));
}

// Redis asks for a password: a wrong one, one that is rotated while the school runs, and one in a
// file that others may read.
class RedisPassword : public ::testing::Test {
 protected:
  RedisPassword() {
    std::string pattern = (std::filesystem::temp_directory_path() / "password-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Write("wrong");
  }
  ~RedisPassword() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ + "/redis.password"; }
  void Write(const std::string& password, mode_t mode = 0600) {
    const std::string next = file() + ".next";
    std::ofstream(next) << password << "\n";
    chmod(next.c_str(), mode);
    std::filesystem::rename(next, file());
  }

  std::string folder_;
  cache::RedisServer redis_{"right"};
};

TEST_F(RedisPassword, IsTakenUpWhenItIsRightAgain) {
  SchoolProcesses school({.one_process = true,
                          .redis = redis_.socket(),
                          .metrics = true,
                          .config = absl::StrCat("redis_password_file: \"", file(), "\"\n")});
  const std::string metrics =
      absl::StrCat("http://127.0.0.1:", school.metrics_ports().at("all"), "/metrics");
  const auto connected = [&](int value) {
    return cache::Eventually([&] {
      return ::testing::Matches(HasSubstr(absl::StrCat("\nvivier_redis_connected ", value, "\n")))(
          Fetch(metrics));
    });
  };
  const auto log = [&] { return school.process("all").Log(); };
  EXPECT_TRUE(cache::Eventually(
      [&] { return ::testing::Matches(HasSubstr("Redis does not take this process"))(log()); }));
  EXPECT_THAT(log(), HasSubstr("WRONGPASS"));
  EXPECT_TRUE(connected(0));
  std::string verified;
  EXPECT_EQ(school.Verify(&verified), 0) << verified;
  Write("right");
  EXPECT_TRUE(connected(1));
  redis_.ChangePassword("next");
  EXPECT_TRUE(connected(0));
  Write("next");
  EXPECT_TRUE(connected(1));
  EXPECT_THAT(log(), Not(HasSubstr("right")));
}

TEST_F(RedisPassword, InAFileThatOthersMayReadStopsTheStart) {
  SchoolProcesses school({.one_process = true, .redis = redis_.socket()});
  ASSERT_EQ(school.process("all").Terminate(), 0);
  Write("right", 0644);
  std::string said;
  EXPECT_NE(
      RunToEnd({"serve", "all", "--data", school.data(), "--redis_password_file", file()}, &said),
      0);
  EXPECT_THAT(said, HasSubstr("others may read it; set its mode to 0600"));
  EXPECT_NE(RunToEnd({"doctor", "--data", school.data(), "--redis_password_file", file()}, &said),
            0);
  EXPECT_THAT(said, HasSubstr("others may read it"));
}

}  // namespace
}  // namespace vivier::testing
