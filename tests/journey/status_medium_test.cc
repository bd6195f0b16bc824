// `vivier status` on a school of a process for each service, as it runs and as it loses a service.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/journey/school_processes.h"

namespace vivier::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace vivier::testing
