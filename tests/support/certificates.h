// The certificates of a school's site for a test, made by deploy/certificates in a folder that goes
// with the object; and such as no honest authority would issue. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shared/transport/tls.h"

namespace vivier::testing {

class Certificates {
 public:
  // The first ones are good for `life`.
  Certificates(const std::string& network, const std::string& school,
               absl::Duration life = absl::Hours(1));
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // What a configuration names.
  std::string folder() const { return directory_ + "/current"; }

  // New certificates of these services, or of all, which are good for so long.
  void Renew(absl::Duration life, const std::vector<std::string>& services = {});
  void Revoke(const std::string& service);
  // Takes what the other authority signs, too.
  void Trust(const Certificates& other);

  // Signs whatever names ("URI:…,DNS:…", or "" for a common name alone) for a time around now, and
  // gives what a client needs to show it to those who are in `folder` and to take them all.
  transport::Tls Sign(const std::string& names, absl::Duration begin = -absl::Minutes(1),
                      absl::Duration end = absl::Hours(1));

 private:
  void Script(const std::vector<std::string>& arguments);

  const std::string network_;
  const std::string school_;
  std::string directory_;
  int signed_ = 0;
};

}  // namespace vivier::testing
