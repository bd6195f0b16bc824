// Callers who ask without end, each as soon as it was answered, and never hold back: a process of
// their own, as they are outside, of lower priority than the site's, for they would have machines
// of their own. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/service/channel.h"
#include "shared/transport/tls.h"
#include "tests/support/process.h"
#include "tests/walls/costly_requests.h"

namespace vivier::testing {

// What came of many calls.
class Calls {
 public:
  void Add(const std::string& method, const std::string& outcome, double milliseconds);

  int64_t count() const { return static_cast<int64_t>(milliseconds_.size()); }
  // By what OutcomeOf says.
  const std::map<std::string, int64_t>& outcomes() const { return outcomes_; }
  int64_t answered() const;
  double Percentile(double of_hundred) const;
  // How often each outcome came.
  std::string Text() const;
  // The slowest of each rpc.
  std::string Slowest() const;

 private:
  std::map<std::string, int64_t> outcomes_;
  std::vector<double> milliseconds_;
  std::map<std::string, double> slowest_;  // by method
};

using Channels = std::map<std::string, std::shared_ptr<rpc::Channel>>;  // by service

// A connection to each service.
Channels Dial(const std::map<std::string, std::string>& targets,
              const std::optional<transport::Tls>& tls, bool holds_back);

class Attackers {
 public:
  struct Plan {
    std::map<std::string, std::string> targets;  // by service
    std::optional<transport::Tls> tls;           // its authorities alone
    std::string authorization;
    std::vector<Costly> requests;
    int callers = 0;
    absl::Duration time;
  };

  // Waits until they have begun.
  Attackers(const std::string& folder, const Plan& plan);
  // Waits for their end.
  Calls End();

 private:
  std::string log_;
  std::unique_ptr<Process> process_;
};

}  // namespace vivier::testing
