// A second replica of a service gets its share of the calls within a minute, because servers send
// their clients away after a while, and clients then ask the name service again who serves.
#include <curl/curl.h>
#include <sched.h>
#include <sys/mount.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/site/tokens.h"
#include "tests/support/client.h"
#include "tests/support/engines.h"
#include "tests/support/process.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::testing {
namespace {

constexpr char kName[] = "curriculum.vivier.test";
constexpr int kClients = 8;
constexpr int kCallsCounted = 800;
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr double kShareMin = 0.4;  // a half, less 20 %

// A hosts file that this process alone sees. Needs root, as mounting does.
class Hosts {
 public:
  explicit Hosts(const std::string& folder) : file_(folder + "/hosts") {
    Say({});
    EXPECT_EQ(unshare(CLONE_NEWNS), 0);
    EXPECT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    EXPECT_EQ(mount(file_.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr), 0);
  }
  void Say(const std::vector<std::string>& addresses) {
    std::ofstream hosts(file_);
    for (const std::string& address : addresses) hosts << address << " " << kName << "\n";
  }

 private:
  const std::string file_;
};

std::string Get(const std::string& url) {
  std::string text;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
  curl_easy_setopt(
      curl, CURLOPT_WRITEFUNCTION, +[](char* data, size_t size, size_t count, void* to) {
        static_cast<std::string*>(to)->append(data, size * count);
        return size * count;
      });
  EXPECT_EQ(curl_easy_perform(curl), CURLE_OK) << url;
  curl_easy_cleanup(curl);
  return text;
}

class ScaleUpTest : public ::testing::Test {
 protected:
  ScaleUpTest() : data_(Folder()), hosts_(data_) {
    config_.add_schools("nancy");
    config_.set_network("test");
    config_.set_development(true);
    std::ofstream(data_ + "/config.textproto")
        << "schools: \"nancy\"\nnetwork: \"test\"\ndevelopment: true\n"
        << "engine: POSTGRES\npostgres: \"" << FreshPostgres() << "\"\n";
    EXPECT_EQ(RunToEnd({"migrate", "--data", data_}), 0);
    EXPECT_EQ(site::CreateKeys(data_), absl::OkStatus());
    authorization_ =
        *(*site::Tokens::Load(config_, data_))
             ->ForDevelopment(
                 {"director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""});
  }
  ~ScaleUpTest() override {
    stopping_ = true;
    for (std::thread& caller : callers_) caller.join();
    replicas_.clear();
    std::filesystem::remove_all(data_);
  }

  static std::string Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vivier-scale-XXXXXX").string();
    return mkdtemp(pattern.data());
  }

  // Replicas have one port at addresses of their own, as pods do.
  void StartReplica(const std::string& host) {
    const std::string port = port_.empty() ? "0" : port_;
    replicas_.push_back(std::make_unique<Process>(
        std::vector<std::string>{"serve", "curriculum", "--data", data_, "--listen_address",
                                 absl::StrCat(host, ":", port), "--metrics_address",
                                 absl::StrCat(host, ":", kMetricsPort)},
        absl::StrCat(data_, "/", host, ".log")));
    const std::string address = replicas_.back()->WaitForAddress(data_, "curriculum");
    port_ = address.substr(address.rfind(':') + 1);
  }

  void StartCalling() {
    for (int i = 0; i < kClients; ++i) callers_.emplace_back([this] { Call(); });
  }
  void Call() {
    Client client({{"", absl::StrCat("dns:///", kName, ":", port_)}}, authorization_);
    curriculum::v1::ListProgrammesRequest request;
    request.set_parent("schools/nancy");
    while (!stopping_) {
      const absl::Status status = client.Send(request).status();
      EXPECT_TRUE(status.ok()) << status;
      ++calls_;
      absl::SleepFor(absl::Milliseconds(10));  // eight clients that read a list now and then
    }
  }
  void AwaitCalls(int64_t more) {
    for (const int64_t enough = calls_ + more; calls_ < enough;)
      absl::SleepFor(absl::Milliseconds(5));
  }

  int64_t Served(const std::string& host) {
    static const RE2& line =
        *new RE2("vivier_rpc_requests_total\\{[^}]*method=\"ListProgrammes\"[^}]*\\} ([0-9]+)");
    int64_t served = 0;
    RE2::PartialMatch(Get(absl::StrCat("http://", host, ":", kMetricsPort, "/metrics")), line,
                      &served);
    return served;
  }

  static constexpr int kMetricsPort = 9464;  // of addresses that are this test's own
  const std::string data_;
  Hosts hosts_;
  config::v1::Config config_;
  std::string authorization_, port_;
  std::vector<std::unique_ptr<Process>> replicas_;
  std::vector<std::thread> callers_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> calls_ = 0;
};

TEST_F(ScaleUpTest, TheSecondReplicaGetsItsShare) {
  const std::string first = "127.83.1.1", second = "127.83.1.2";
  StartReplica(first);
  hosts_.Say({first});
  StartCalling();
  AwaitCalls(kCallsCounted);
  StartReplica(second);
  hosts_.Say({first, second});
  const absl::Time start = absl::Now();
  double share = 0;
  while (share < kShareMin && absl::Now() - start < kPatience) {
    const int64_t first_before = Served(first), second_before = Served(second);
    AwaitCalls(kCallsCounted);
    const auto more = static_cast<double>(Served(second) - second_before);
    share = more / (more + static_cast<double>(Served(first) - first_before));
  }
  std::printf("%.0f s after the scale-up the second replica serves %.0f %%\n",
              absl::ToDoubleSeconds(absl::Now() - start), 100 * share);
  EXPECT_GE(share, kShareMin);
  EXPECT_LE(share, 1 - kShareMin);
}

}  // namespace
}  // namespace vivier::testing
