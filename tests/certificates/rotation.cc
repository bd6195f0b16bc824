#include "tests/certificates/rotation.h"

#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/certificates/site_over_tls.h"

namespace vivier::testing {
namespace {

// Enough to meet every moment of a renewal, and not so much that the machine is full.
constexpr absl::Duration kPause = absl::Milliseconds(5);

class Load {
 public:
  explicit Load(SiteOverTls& site)
      : site_(site), director_(site.world().Authorization(World::Person())) {
    threads_.emplace_back([this] { Last("enrolment"); });
    threads_.emplace_back([this] { Last("edge"); });
    threads_.emplace_back([this] { Reconnect(); });
  }
  ~Load() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> connections{0};
  std::atomic<int64_t> failures{0};

 private:
  void Last(const std::string& service) {
    const std::shared_ptr<rpc::Channel> channel = site_.Dial(service);
    for (; !stopping_; ++calls, absl::SleepFor(kPause)) Call(*channel, service);
  }
  void Reconnect() {
    for (; !stopping_; ++connections, absl::SleepFor(kPause))
      Call(*site_.Dial("enrolment"), "enrolment");
  }
  void Call(rpc::Channel& channel, const std::string& service) {
    const bool reads = service == "enrolment";
    const absl::Status status =
        (reads ? SiteOverTls::Read(channel) : SiteOverTls::Write(channel, director_)).status();
    if (status.code() == (reads ? absl::StatusCode::kNotFound : absl::StatusCode::kOk)) return;
    ++failures;
    ADD_FAILURE() << service << ": " << status;
  }

  SiteOverTls& site_;
  const std::string director_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

Rotation RotateUnderLoad(absl::Duration period, absl::Duration life, absl::Duration total) {
  SiteOverTls site(life);
  Load load(site);
  Rotation rotation;
  const absl::Time start = absl::Now();
  for (absl::Time next = start; next - start < total; next += period, ++rotation.renewals) {
    site.certificates().Renew(life);
    absl::SleepFor(next + period - absl::Now());
  }
  rotation.calls = load.calls;
  rotation.connections = load.connections;
  rotation.failures = load.failures;
  std::cout << rotation.renewals << " renewals, " << rotation.calls
            << " calls over connections that last, " << rotation.connections
            << " over one of their own, " << rotation.failures << " failures\n";
  return rotation;
}

}  // namespace vivier::testing
