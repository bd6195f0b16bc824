// What a process holds for schools where nothing happens: the threads of `vivier serve all`, from
// /proc. A pool's threads end some seconds after the start, so the test waits for the number.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

// The main one, polling, the scheduler, the watchdog, those who follow, six writers, and gRPC's
// own.
constexpr int kThreadsMax = 20;

int ThreadsOf(const Process& process) {
  const std::filesystem::directory_iterator threads(absl::StrCat("/proc/", process.id(), "/task"));
  return static_cast<int>(std::distance(begin(threads), end(threads)));
}

class ThreadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "vivier-idle-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override {
    one_ = nullptr;
    fifty_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Process> Serve(const std::string& service, int schools) {
    const std::string data = absl::StrCat(folder_, "/", service, schools);
    std::filesystem::create_directories(data);
    std::ofstream config(data + "/config.textproto");
    config << "network: \"idle\"\ndevelopment: true\nlisten_address: \"127.0.0.1:0\"\n";
    for (int i = 0; i < schools; ++i) config << "schools: \"school-" << i << "\"\n";
    config.close();
    auto process = std::make_unique<Process>(
        std::vector<std::string>{"serve", service, "--data", data}, data + "/log");
    process->WaitForAddress(data, service == "all" ? "enrolment" : service);
    return process;
  }

  std::string folder_;
  std::unique_ptr<Process> one_, fifty_;
};

TEST_F(ThreadsTest, SchoolsAddNone) {
  one_ = Serve("all", 1);
  fifty_ = Serve("all", 50);
  const absl::Time start = absl::Now();
  int one = 0, fifty = 0;
  do {
    absl::SleepFor(absl::Milliseconds(50));
    one = ThreadsOf(*one_);
    fifty = ThreadsOf(*fifty_);
  } while ((one != fifty || one > kThreadsMax) && absl::Now() - start < absl::Minutes(1));
  EXPECT_EQ(one, fifty);
  EXPECT_LE(one, kThreadsMax);
}

}  // namespace
}  // namespace vivier::testing
