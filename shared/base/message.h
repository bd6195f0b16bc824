// Messages whose type is known at run time only. Thread-safe.
#pragma once

#include <memory>

#include "google/api/field_behavior.pb.h"
#include "google/protobuf/message.h"

namespace vivier {

// An empty message of a type that is linked in.
inline std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

// Whether a message says something in one of its fields: a singular one without presence where it
// is not its default.
inline bool IsSet(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

// Whether google.api.field_behavior says it of the field.
inline bool Behaves(const google::protobuf::FieldDescriptor& field,
                    google::api::FieldBehavior behavior) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i)
    if (field.options().GetExtension(google::api::field_behavior, i) == behavior) return true;
  return false;
}

}  // namespace vivier
