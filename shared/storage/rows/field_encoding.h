// One field alone, as a column of schema.h keeps it: JSON where an auditor may read it, protobuf's
// encoding where it is encrypted and nobody can. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace vivier::storage {

absl::StatusOr<std::string> FieldJson(const google::protobuf::Message& message,
                                      const google::protobuf::FieldDescriptor* field);

// Adds what the text says to the field. Members that this binary does not know are skipped:
// tomorrow's binary may have written them.
absl::Status MergeFieldJson(google::protobuf::Message& message,
                            const google::protobuf::FieldDescriptor* field, absl::string_view json);

// Message::MergeFromString reads it again, and passes over what this binary does not know.
std::string FieldBytes(const google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor* field);

}  // namespace vivier::storage
