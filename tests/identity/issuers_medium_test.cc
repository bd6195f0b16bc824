// A real site before two real issuers of OpenID Connect: tokens by the flows of OAuth, keys that
// rotate under load, an issuer that stops and comes back. Such a caller has no rights yet, so
// PERMISSION_DENIED is the answer to a good token.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "shared/site/site.h"
#include "tests/identity/issuer.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier {
namespace {

using testing::Issuer;

class IssuersTest : public ::testing::TestWithParam<std::string> {
 protected:
  IssuersTest()
      : data_((std::filesystem::temp_directory_path() / "vivier-issuers-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
  }
  ~IssuersTest() override {
    site_ = nullptr;
    std::filesystem::remove_all(data_);
  }

  void Serve(const Issuer& issuer) { Serve(issuer, issuer.authority_file()); }
  void Serve(const Issuer& issuer, const std::string& authority_file) {
    site::Site::Options options;
    options.config.add_schools("nancy");
    options.config.set_network("test");
    options.config.set_listen_address(absl::StrCat("unix:", data_, "/socket"));
    options.config.set_engine(config::v1::SQLITE);
    config::v1::Issuer* trusted = options.config.add_issuers();
    trusted->set_issuer(issuer.url());
    trusted->set_audience("vivier");
    trusted->set_jwks(issuer.jwks());
    trusted->set_authority_file(authority_file);
    options.data = data_;
    options.modules = AllModules();
    options.now = [this] { return absl::Now() + absl::Seconds(ahead_seconds_.load()); };
    auto site = site::Site::Start(std::move(options));
    ASSERT_TRUE(site.ok()) << site.status();
    site_ = *std::move(site);
  }

  // A minute later, unknown keys may be asked for again.
  void Wait() { ahead_seconds_ += 61; }

  // What a read answers.
  absl::Status Ask(const std::string& authorization) {
    enrolment::v1::ListCohortsRequest list;
    list.set_parent("schools/nancy");
    return rpc::Invoke<enrolment::v1::ListCohortsResponse>(
               *site_->channel(), *rpc::MethodTaking(*list.descriptor()), list,
               {absl::Seconds(30), authorization, ""})
        .status();
  }
  bool Known(const std::string& authorization) {
    const absl::Status status = Ask(authorization);
    EXPECT_TRUE(absl::IsPermissionDenied(status) || ReasonOf(status) == "TOKEN_INVALID") << status;
    return absl::IsPermissionDenied(status);
  }

  std::string data_;
  std::atomic<int> ahead_seconds_{0};
  std::unique_ptr<site::Site> site_;
};

TEST_P(IssuersTest, AGoodTokenIsKnownAndMayDoNothing) {
  Issuer issuer(GetParam(), /*https=*/false);
  Serve(issuer);
  const std::string token = issuer.Token();
  EXPECT_EQ(ReasonOf(Ask(token)), "NOT_ALLOWED");
  EXPECT_TRUE(Known(token));
  EXPECT_FALSE(Known(issuer.Token("another")));
  EXPECT_FALSE(Known(token.substr(0, token.size() - 8)));
  EXPECT_EQ(ReasonOf(Ask("")), "TOKEN_MISSING");
}

TEST_P(IssuersTest, KeysRotateUnderLoadWithoutAFailedCall) {
  constexpr size_t kThreads = 4;
  constexpr int kRotations = 6, kCallsPerToken = 100;
  Issuer issuer(GetParam(), /*https=*/false);
  Serve(issuer);
  Monitor monitor;
  std::vector<int> rounds(kThreads,
                          0);  // guarded by the monitor: tokens that each thread has used up
  std::atomic<bool> stopping{false};
  std::atomic<int> good{0}, bad{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      while (!stopping) {
        const std::string token = issuer.Token();
        for (int call = 0; call < kCallsPerToken; ++call) (Known(token) ? good : bad)++;
        Monitor::Lock lock(monitor);
        ++rounds[i];
      }
    });
  for (int rotation = 0; rotation < kRotations; ++rotation) {
    Wait();
    issuer.Rotate();
    Monitor::Lock lock(monitor);
    const std::vector<int> before = rounds;
    EXPECT_TRUE(
        lock.AwaitFor(absl::Minutes(1),
                      [&] {  // no token outlives its key, which the next rotation but one withdraws
                        for (size_t i = 0; i < kThreads; ++i)
                          if (rounds[i] < before[i] + 3) return false;
                        return true;
                      }));
  }
  stopping = true;
  for (std::thread& thread : threads) thread.join();
  std::cout << GetParam() << ": " << kRotations << " rotations, " << good << " calls answered, "
            << bad << " failed\n";
  EXPECT_EQ(bad, 0);
  EXPECT_GE(good, kRotations * 3 * kCallsPerToken * static_cast<int>(kThreads));
}

TEST_P(IssuersTest, AKeyThatIsGoneTakesItsTokensAlong) {
  Issuer issuer(GetParam(), /*https=*/false);
  Serve(issuer);
  const std::string old_token = issuer.Token();
  ASSERT_TRUE(Known(old_token));
  issuer.Revoke();
  EXPECT_TRUE(Known(issuer.Token()));
  EXPECT_FALSE(Known(old_token));
}

TEST_P(IssuersTest, AnIssuerMayStopAndComeBack) {
  Issuer issuer(GetParam(), /*https=*/false);
  const std::string token = issuer.Token();
  issuer.Stop();
  Serve(issuer);  // does not need it
  EXPECT_FALSE(Known(token)) << "its keys are not known yet";
  issuer.Start();
  Wait();
  EXPECT_TRUE(Known(token));
  issuer.Stop();
  EXPECT_TRUE(Known(token));
  issuer.Start();
  EXPECT_TRUE(Known(token));
  EXPECT_TRUE(Known(issuer.Token()));
  Wait();
  issuer.Rotate();
  EXPECT_TRUE(Known(issuer.Token()));
}

TEST_P(IssuersTest, KeysComeFromCertifiedServersOnly) {
  Issuer issuer(GetParam(), /*https=*/true);
  Serve(issuer);
  EXPECT_TRUE(Known(issuer.Token()));
  site_ = nullptr;
  Serve(issuer, "");  // the authorities of the system do not know it
  EXPECT_FALSE(Known(issuer.Token()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, IssuersTest,
                         ::testing::Values("oauth2-mock-server", "oidc-provider"),
                         [](const auto& info) {
                           return absl::StrReplaceAll(info.param, {{"-", "_"}});
                         });

}  // namespace
}  // namespace vivier
