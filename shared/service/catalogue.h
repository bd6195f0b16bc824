// Which services there are and which rpcs each has, read from the descriptors that are linked in.
// A service of ours is a package, vivier.enrolment.v1; the file of its name, enrolment.proto, is
// the index that imports its parts, each of which may declare a gRPC service of its own. Pure
// functions over the generated descriptors, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace vivier::rpc {

// "enrolment" of a file in package vivier.enrolment.v1.
std::string ServiceOf(const google::protobuf::FileDescriptor* file);

// The services of the trade, as vivier/services.proto imports them: "curriculum", "enrolment", …
const std::vector<std::string>& TradeServices();

// The index of the service's package; null when it is not linked in.
const google::protobuf::FileDescriptor* IndexOf(const std::string& service);

// The services of the trade whose index sets the option, one of vivier/options/v1/service.proto.
template <class Option>
std::vector<std::string> ServicesWith(const Option& option) {
  std::vector<std::string> services;
  for (const std::string& service : TradeServices())
    if (IndexOf(service)->options().GetExtension(option)) services.push_back(service);
  return services;
}

// The files of the service's package that the index reaches, each once, the index last.
std::vector<const google::protobuf::FileDescriptor*> FilesOf(const std::string& service);

// The gRPC services of the package and all their rpcs, in the order of the files.
std::vector<const google::protobuf::ServiceDescriptor*> GrpcServicesOf(const std::string& service);
std::vector<const google::protobuf::MethodDescriptor*> MethodsOf(const std::string& service);

// The one rpc that takes this request; null when its package declares none.
const google::protobuf::MethodDescriptor* MethodTaking(const google::protobuf::Descriptor& request);

// The rpc that gets a resource by its name, GetCohort; null when its package declares none.
const google::protobuf::MethodDescriptor* MethodGetting(
    const google::protobuf::Descriptor& resource);

// The type whose google.api.resource option is `type`, among the resources of the trade; null when
// there is none.
const google::protobuf::Descriptor* ResourceType(const std::string& type);

}  // namespace vivier::rpc
