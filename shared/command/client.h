// A caller that outlives what it calls: a service that is being killed or restarted is asked again,
// with the same request_id, until it answers or patience ends. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/base/status.h"
#include "shared/command/settings.h"
#include "shared/security/caller.h"
#include "shared/service/channel.h"
#include "shared/site/tokens.h"

namespace vivier::command {

// Where the services of a school are at this moment.
class Reach {
 public:
  virtual ~Reach() = default;
  // UNAVAILABLE while that service does not run.
  virtual absl::StatusOr<std::shared_ptr<rpc::Channel>> To(const std::string& service) = 0;
  // "Bearer …" for that caller.
  virtual absl::StatusOr<std::string> Authorization(const security::Caller& caller) = 0;
};

class Client {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(60);

  explicit Client(Reach& reach, absl::Duration patience = kPatience)
      : reach_(reach), patience_(patience) {}

  // Calls the rpc that takes `request`.
  template <class Response>
  absl::StatusOr<Response> Call(const google::protobuf::Message& request,
                                const security::Caller& caller) {
    ASSIGN_OR_RETURN(std::vector<Response> responses, (AtOnce<Response>({&request}, caller)));
    return std::move(responses[0]);
  }

  // The same for many at the same instant; answers in the order of the requests, or the first error
  // among them.
  template <class Response, class Request>
  absl::StatusOr<std::vector<Response>> CallAll(const std::vector<Request>& requests,
                                                const security::Caller& caller) {
    std::vector<const google::protobuf::Message*> messages;
    for (const Request& request : requests) messages.push_back(&request);
    return AtOnce<Response>(messages, caller);
  }

  // Asks again until `holds` says true; DEADLINE_EXCEEDED that names `what` when patience ends.
  absl::Status Await(const std::string& what, const std::function<absl::StatusOr<bool>()>& holds);

 private:
  using Messages = std::vector<const google::protobuf::Message*>;

  template <class Response>
  absl::StatusOr<std::vector<Response>> AtOnce(const Messages& messages,
                                               const security::Caller& caller) {
    std::vector<Response> responses;
    if (messages.empty()) return responses;
    ASSIGN_OR_RETURN(std::vector<std::string> answers, Answers(messages, caller));
    for (const std::string& bytes : answers) {
      if (!responses.emplace_back().ParseFromString(bytes))
        return absl::InternalError("an answer of another type");
    }
    return responses;
  }

  absl::StatusOr<std::vector<std::string>> Answers(const Messages& messages,
                                                   const security::Caller& caller);
  // One try of those that have no answer yet.
  void Try(const google::protobuf::MethodDescriptor& method, const Messages& messages,
           const security::Caller& caller, std::vector<absl::StatusOr<std::string>>& answers);

  Reach& reach_;
  const absl::Duration patience_;
};

// The running processes of a school on this machine, as their notes say at the moment of each call:
// a process that was restarted elsewhere is found again. Not thread-safe.
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
