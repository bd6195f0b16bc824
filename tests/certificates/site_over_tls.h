// The services of a school behind one port with TLS, for callers that dial it with whatever
// certificate. Not thread-safe, except Ask.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/service/channel.h"
#include "tests/support/certificates.h"
#include "tests/support/world.h"

namespace vivier::testing {

class SiteOverTls {
 public:
  static constexpr char kSite[] = "spiffe://test/school/nancy/service/";

  // The first certificates are good for `life`.
  explicit SiteOverTls(absl::Duration life = absl::Hours(1));

  Certificates& certificates() { return certificates_; }
  World& world() { return world_; }

  // A connection of its own by that service, or by whoever.
  std::shared_ptr<rpc::Channel> Dial(const std::string& service) const;
  std::shared_ptr<rpc::Channel> Dial(std::optional<transport::Tls> tls) const;

  // Reads what only enrolment among the services may read. It is not there: NOT_FOUND is the answer
  // to who may.
  static absl::StatusOr<std::string> Read(rpc::Channel& channel,
                                          const std::string& authorization = "");
  // Writes what a director may write.
  static absl::StatusOr<std::string> Write(rpc::Channel& channel, const std::string& authorization);

  // How many rows all those writes have left.
  int Written();

 private:
  Certificates certificates_;
  const std::string address_;
  World world_;
};

// Asks until the answer's code is `code`; how long that took, at most 10 s.
template <class Ask>
absl::Duration TimeUntil(absl::StatusCode code, const Ask& ask) {
  const absl::Time start = absl::Now();
  while (ask().status().code() != code && absl::Now() - start < absl::Seconds(10))
    absl::SleepFor(absl::Milliseconds(20));
  return absl::Now() - start;
}

}  // namespace vivier::testing
