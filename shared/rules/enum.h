// The values of protos as facts. Functions without state; thread-safe.
#pragma once

#include "google/protobuf/generated_enum_reflection.h"
#include "shared/rules/value.h"

namespace vivier::rules {

// The value's name as a text; unknown for the first, "unspecified" one, and for a value that only a
// newer version knows.
template <class Enum>
Value Named(Enum value) {
  const auto* named = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return named == nullptr || named->number() == 0 ? Value() : Value::Text(named->name());
}

}  // namespace vivier::rules
