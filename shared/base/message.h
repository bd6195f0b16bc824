// Messages whose type is known at run time only. Thread-safe.
#pragma once

#include <memory>

#include "google/protobuf/message.h"

namespace vivier {

// An empty message of a type that is linked in.
inline std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace vivier
