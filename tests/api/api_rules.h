// What buf cannot see: the house's rules of API design, over the descriptors of the .proto files.
// Each rule says why it exists. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"

namespace vivier {

using Findings = std::vector<std::string>;

struct Api {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  std::vector<const google::protobuf::Descriptor*> messages;  // nested ones too, map entries not
  std::vector<const google::protobuf::EnumDescriptor*> enums;
};

void AddFile(const google::protobuf::FileDescriptor& file, Api& api);

struct ApiRule {
  const char* name;
  const char* why;
  void (*check)(const Api&, Findings&);
};

absl::Span<const ApiRule> ApiRules();

}  // namespace vivier
