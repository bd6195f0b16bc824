#include "tests/support/client.h"

#include "absl/strings/str_split.h"
#include "shared/transport/channel.h"

namespace vivier::testing {

Client::Client(std::map<std::string, std::string> targets, std::string authorization)
    : targets_(std::move(targets)), authorization_(std::move(authorization)) {}

absl::StatusOr<std::string> Client::Send(const google::protobuf::Message& request,
                                         absl::Duration patience) {
  const google::protobuf::MethodDescriptor& method = *rpc::MethodTaking(*request.GetDescriptor());
  const std::vector<std::string> package =
      absl::StrSplit(method.file()->package(), '.');  // vivier.SERVICE.v1
  return ChannelTo(package[1])
      .Call(rpc::PathOf(method), request.SerializeAsString(), {patience, authorization_, ""});
}

rpc::Channel& Client::ChannelTo(const std::string& service) {
  const auto own = targets_.find(service);
  const std::string& target = own == targets_.end() ? targets_.at("") : own->second;
  std::shared_ptr<rpc::Channel>& channel = channels_[target];
  if (channel == nullptr)
    channel = transport::Connect({.target = target, .tls = std::nullopt, .retry = false});
  return *channel;
}

}  // namespace vivier::testing
