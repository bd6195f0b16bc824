// Resources of other services that a request refers to. Thread-safe; Fetch may block.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace vivier::rpc {

class References {
 public:
  virtual ~References() = default;

  // The resource `name` of a type of `service`. NOT_FOUND when its owner does not know it;
  // UNAVAILABLE when the owner cannot be asked.
  virtual absl::StatusOr<std::shared_ptr<const google::protobuf::Message>> Fetch(
      const std::string& service, const std::string& type, const std::string& name) = 0;
};

}  // namespace vivier::rpc
