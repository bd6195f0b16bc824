// A real process whose port is exhausted by idle connections ends by itself, so that its supervisor
// starts it again; one that is busy, or was stopped for a while, does not.
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/command/commands.h"
#include "shared/site/certificates.h"
#include "shared/site/watchdog.h"
#include "shared/transport/channel.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

constexpr char kHealthPath[] = "/grpc.health.v1.Health/Check";
constexpr absl::Duration kFound = absl::Seconds(15);  // what the watchdog promises
constexpr absl::Duration kSlack = absl::Seconds(3);   // of a busy machine

// Idle connections to a port of the loopback address.
class IdleConnections {
 public:
  explicit IdleConnections(int port) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  ~IdleConnections() { Close(); }
  void Open() {
    sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect(sockets_.back(), reinterpret_cast<sockaddr*>(&address_), sizeof(address_));
  }
  void Close() {
    for (int socket : sockets_) close(socket);
    sockets_.clear();
  }

 private:
  sockaddr_in address_{};
  std::vector<int> sockets_;
};

class WatchdogTest : public ::testing::Test {
 protected:
  void Start(bool tls) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "vivier-watchdog-XXXXXX").string();
    data_ = mkdtemp(pattern.data());
    config_.add_schools("nancy");
    config_.set_network("test");
    if (tls) {
      certificates_ = std::make_unique<Certificates>("test", "nancy");
      config_.set_certificates(certificates_->folder());
    }
    std::ofstream(data_ + "/config.textproto") << config_.DebugString();
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"serve", "curriculum", "--data", data_}, data_ + "/log");
    address_ = process_->WaitForAddress(data_, "curriculum");
    ASSERT_FALSE(address_.empty());
  }
  void TearDown() override {
    process_ = nullptr;
    std::filesystem::remove_all(data_);
  }

  absl::Status Ask(absl::Duration timeout) const {
    const auto channel = transport::Connect(
        {address_, site::DiallingTls(config_, "operator", "curriculum"), /*retry=*/false});
    return channel->Call(kHealthPath, "", {timeout, "", ""}).status();
  }
  int Port() const {
    const std::vector<std::string> parts = absl::StrSplit(address_, ':');
    return std::stoi(parts.back());
  }
  rlim_t Descriptors() const {
    const std::filesystem::directory_iterator open(absl::StrCat("/proc/", process_->id(), "/fd"));
    return static_cast<rlim_t>(std::distance(begin(open), end(open)));
  }

  std::string data_;
  std::string address_;
  config::v1::Config config_;
  std::unique_ptr<Certificates> certificates_;
  std::unique_ptr<Process> process_;
};

TEST_F(WatchdogTest, AnExhaustedPortEndsTheProcess) {
  ASSERT_NO_FATAL_FAILURE(Start(/*tls=*/false));
  constexpr rlim_t kRoom = 20;
  ASSERT_TRUE(Ask(absl::Seconds(5)).ok());
  // Counted once: a connection that closes in between would make the soft limit the larger one.
  const rlim_t descriptors = Descriptors() + kRoom;
  const rlimit limit{descriptors, descriptors};
  ASSERT_EQ(prlimit(process_->id(), RLIMIT_NOFILE, &limit, nullptr), 0);
  IdleConnections idle(Port());
  for (rlim_t i = 0; i < 10 * kRoom; ++i) idle.Open();
  const absl::Time start = absl::Now();
  while (Ask(absl::Seconds(1)).ok() && absl::Now() - start < kFound) idle.Open();
  // From now on nobody is in its way, and still it never accepts again.
  idle.Close();
  EXPECT_EQ(process_->Wait(kFound + kSlack), cli::kDeadPort);
  EXPECT_LT(absl::Now() - start, kFound + kSlack);
  EXPECT_TRUE(absl::StrContains(process_->Log(), "our own port is dead")) << process_->Log();
}

TEST_F(WatchdogTest, ABusyOneGoesOnAndSoDoesOneThatWasStopped) {
  ASSERT_NO_FATAL_FAILURE(Start(/*tls=*/true));
  const absl::Duration longer = site::Watchdog::kInterval * (site::Watchdog::kTriesMax + 1);
  const auto load = [&](absl::Duration time) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, end = absl::Now() + time] {
        while (absl::Now() < end) EXPECT_TRUE(Ask(absl::Seconds(10)).ok());
      });
    for (std::thread& thread : threads) thread.join();
  };
  load(longer);
  process_->Signal(SIGSTOP);
  absl::SleepFor(longer);
  process_->Signal(SIGCONT);
  load(2 * site::Watchdog::kInterval);
  EXPECT_TRUE(process_->running()) << process_->Log();
  EXPECT_EQ(process_->Terminate(), 0) << process_->Log();
}

}  // namespace
}  // namespace vivier::testing
