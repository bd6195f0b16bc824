// What a delivery holds instead of a Call: it is in no transaction, may block, and speaks to its
// own service and to one target outside. Lives for one run of one function on one thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/log/log.h"
#include "shared/service/channel.h"

namespace vivier::rpc {

class Outside {
 public:
  struct End {
    Channel* channel;
    std::string authorization;
  };

  Outside(std::string school, std::string target, std::string id, End here, End there)
      : school_(std::move(school)),
        target_(std::move(target)),
        id_(std::move(id)),
        here_(here),
        there_(there) {}

  const std::string& school() const { return school_; }
  // The name of the one outside, schools/{parent}.
  const std::string& target() const { return target_; }
  // A UUID that is the same whenever this event is delivered to this target: the request_id over
  // there.
  const std::string& id() const { return id_; }

  // Calls the rpc of this service that takes `request`.
  template <class Response>
  absl::StatusOr<Response> AskHere(const google::protobuf::Message& request) const {
    return Ask<Response>(here_, request);
  }
  // Calls the rpc of the target that takes `request`.
  template <class Response>
  absl::StatusOr<Response> AskThere(const google::protobuf::Message& request) const {
    return Ask<Response>(there_, request);
  }

 private:
  // Bulk answers of a busy parent take their time, and nobody waits for a delivery.
  static constexpr absl::Duration kTimeout = absl::Seconds(30);

  template <class Response>
  static absl::StatusOr<Response> Ask(const End& end, const google::protobuf::Message& request) {
    const google::protobuf::MethodDescriptor* method = MethodTaking(*request.GetDescriptor());
    if (method == nullptr)
      return absl::InternalError("no rpc takes a " + request.GetDescriptor()->full_name());
    return Invoke<Response>(*end.channel, *method, request,
                            {kTimeout, end.authorization, TraceparentToSend()});
  }

  const std::string school_, target_, id_;
  const End here_, there_;
};

}  // namespace vivier::rpc
