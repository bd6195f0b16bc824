// What a process holds for schools where nothing happens: its threads, from /proc. A pool's end
// some seconds after the start, so the test waits for the number.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

// The main one, the polling one, the scheduler, the watchdog, the one that follows, and a writer
// for each of so many services.
constexpr int OwnThreadsMax(int services) { return 6 + services; }

// Without those of gRPC, which have names of their own and vary in number.
int OwnThreadsOf(const Process& process) {
  int threads = 0;
  std::error_code ended;
  const std::string folder = absl::StrCat("/proc/", process.id(), "/task");
  for (const auto& thread : std::filesystem::directory_iterator(folder, ended)) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    threads += name == "vivier" ? 1 : 0;
  }
  return threads;
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
    config << "network: \"idle\"\ndevelopment: true\n";
    for (int i = 0; i < schools; ++i) config << "schools: \"school-" << i << "\"\n";
    config.close();
    auto process = std::make_unique<Process>(
        std::vector<std::string>{"serve", service, "--data", data, "--listen_address",
                                 "127.0.0.1:0"},  // so that no gateway is opened beside it
        data + "/log");
    process->WaitForAddress(data);
    return process;
  }

  // The threads of the service with one school and with fifty.
  void Compare(const std::string& service, int services) {
    one_ = Serve(service, 1);
    fifty_ = Serve(service, 50);
    const absl::Time start = absl::Now();
    int one = 0, fifty = 0;
    do {
      absl::SleepFor(absl::Milliseconds(50));
      one = OwnThreadsOf(*one_);
      fifty = OwnThreadsOf(*fifty_);
    } while ((one != fifty || one > OwnThreadsMax(services)) &&
             absl::Now() - start < absl::Minutes(1));
    EXPECT_EQ(one, fifty);
    EXPECT_GT(one, 1);
    EXPECT_LE(one, OwnThreadsMax(services));
  }

  std::string folder_;
  std::unique_ptr<Process> one_, fifty_;
};

TEST_F(ThreadsTest, SchoolsAddNoneToAService) { Compare("enrolment", 1); }

TEST_F(ThreadsTest, SchoolsAddNoneToAll) {
  Compare("all", static_cast<int>(rpc::TradeServices().size()));
}

}  // namespace
}  // namespace vivier::testing
