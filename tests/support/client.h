// Callers as a test needs them, which wait for what they asked. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "shared/base/uuid.h"
#include "shared/service/channel.h"

namespace vivier::testing {

// Over sockets: the rpc is found from the request's type, the service from the rpc. Its connections
// are its own, nothing is sent twice.
class Client {
 public:
  // `targets` says where each service is, "" where all others are.
  Client(std::map<std::string, std::string> targets, std::string authorization);

  absl::StatusOr<std::string> Send(const google::protobuf::Message& request,
                                   absl::Duration patience = absl::Seconds(20));

  // A write that the test needs; it gets an id of its own.
  template <class Response, class Request>
  Response Must(Request request) {
    if constexpr (requires { request.set_request_id(""); })
      request.set_request_id(TimeOrderedUuid());
    const absl::StatusOr<std::string> bytes = Send(request);
    EXPECT_TRUE(bytes.ok()) << request.GetDescriptor()->name() << ": " << bytes.status();
    Response response;
    EXPECT_TRUE(bytes.ok() && response.ParseFromString(*bytes));
    return response;
  }

 private:
  rpc::Channel& ChannelTo(const std::string& service);

  const std::map<std::string, std::string> targets_;
  const std::string authorization_;
  std::map<std::string, std::shared_ptr<rpc::Channel>> channels_;  // by target
};

using rpc::BlockingStream;

}  // namespace vivier::testing
