// Some fields of a message type: all of them, or those that are named, in it and in the messages in
// it. A plain value; thread-safe as such.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace vivier::security {

class ShownFields {
 public:
  // None.
  ShownFields() = default;
  // "*", or paths separated by blanks: "name scores.points". FAILED_PRECONDITION with the path that
  // the type does not have.
  static absl::StatusOr<ShownFields> Parse(const google::protobuf::Descriptor& type,
                                           absl::string_view text);

  bool all() const { return all_; }
  // Whether the field is there, at least in part; whether all of it is.
  bool Has(const google::protobuf::FieldDescriptor& field) const;
  bool HasAllOf(const google::protobuf::FieldDescriptor& field) const;

  // What either has.
  void Join(const ShownFields& more);
  // What both have.
  void Meet(const ShownFields& other);

  // Clears every other field of the message.
  void ClearOthers(google::protobuf::Message& message) const;

  // As Parse reads them, in the order of the type.
  std::vector<std::string> Paths(const google::protobuf::Descriptor& type) const;

 private:
  static ShownFields All();
  absl::Status Add(const google::protobuf::Descriptor& type, absl::string_view path);

  bool all_ = false;
  std::map<const google::protobuf::FieldDescriptor*, ShownFields> some_;  // where not all are
};

}  // namespace vivier::security
