// The rpcs that the gateway serves: where each is asked and what it takes. Immutable.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "shared/service/channel.h"

namespace vivier::web {

struct Route {
  const google::protobuf::MethodDescriptor* method = nullptr;
  int request_bytes_max = 0;
  std::shared_ptr<rpc::Channel> channel;
  bool is_public = false;  // anybody may ask it, within the limits of queue/public_callers.h

  bool streams() const { return method->server_streaming(); }
  // Whether it may be asked by GET.
  bool reads() const {
    return !streams() && method->options().idempotency_level() ==
                             google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
  }
};

using Routes =
    absl::flat_hash_map<std::string, Route>;  // by path, "/vivier.….CohortService/GetCohort"

}  // namespace vivier::web
