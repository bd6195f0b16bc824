// The running processes of a school on this machine, as their notes say at the moment of each call:
// a process that was restarted elsewhere is found again. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "shared/command/client.h"
#include "shared/command/settings.h"
#include "shared/site/tokens.h"

namespace vivier::command {

class Running : public Reach {
 public:
  // FAILED_PRECONDITION unless the configuration says development: the caller acts for people.
  static absl::StatusOr<std::unique_ptr<Running>> Open(const Settings& settings);

  absl::StatusOr<std::shared_ptr<rpc::Channel>> To(const std::string& service) override;
  absl::StatusOr<std::string> Authorization(const security::Caller& caller) override {
    return tokens_->ForDevelopment(caller);
  }

 private:
  std::string data_;
  config::v1::Config config_;
  std::map<std::string, std::shared_ptr<rpc::Channel>>
      channels_;  // by address, for as long as this lives
  std::unique_ptr<site::Tokens> tokens_;
};

}  // namespace vivier::command
