// The .proto files of the program as they were written, comments and all: what partners generate
// their clients from, and what the reference of the API is printed from. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace vivier::reference {

struct ProtoText {
  std::string path;  // "vivier/enrolment/v1/files.proto"
  std::string text;
};
// Written by the build, in the order of the paths. Those of google/protobuf are not among them:
// every compiler of protos has them.
const std::vector<ProtoText>& ProtoTexts();

// Descriptors of all of them that know their comments; those that are linked in do not. Keeps some
// megabytes while it lives. Immutable.
class CommentedProtos {
 public:
  CommentedProtos();
  ~CommentedProtos();

  const google::protobuf::DescriptorPool& pool() const;
  // What stands before the declaration of that name, as one line a paragraph; "" where nothing
  // does.
  std::string CommentOf(const google::protobuf::MethodDescriptor& method) const;
  std::string CommentOf(const google::protobuf::ServiceDescriptor& service) const;
  std::string CommentOf(const google::protobuf::Descriptor& message) const;
  std::string CommentOf(const google::protobuf::FieldDescriptor& field) const;
  std::string CommentOf(const google::protobuf::EnumValueDescriptor& value) const;
  // All files, those of google/protobuf that they need too, each after what it imports.
  google::protobuf::FileDescriptorSet Set() const;

 private:
  class Reading;
  std::unique_ptr<const Reading> reading_;
};

// Writes the files below `folder`, and vivier.binpb, a FileDescriptorSet with comments of all.
// INVALID_ARGUMENT where a file cannot be written.
absl::Status WriteProtos(const std::string& folder);

}  // namespace vivier::reference
