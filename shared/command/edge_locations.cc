#include "shared/command/edge_locations.h"

#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/service/channel.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::command {
namespace {

namespace pb = google::protobuf;

constexpr int kMessagePrefixBytes = 5;  // what gRPC puts before each message

std::string PassTo(const std::string& service) {
  return absl::StrCat("grpc_pass $inside://", service, ";");
}

std::string PlaceOfPackage(const std::string& package, const std::string& service) {
  return absl::StrCat("location /", package, ". { ", PassTo(service), " }\n");
}

std::string PlaceOfBulk(const pb::MethodDescriptor& method, const std::string& service) {
  return absl::StrCat("location = ", rpc::PathOf(method), " {\n  client_max_body_size ",
                      rpc::kBulkRequestBytesMax + kMessagePrefixBytes, ";\n  ", PassTo(service),
                      "\n}\n");
}

}  // namespace

absl::StatusOr<std::string> EdgeLocationsOf(const Modules& modules) {
  std::string packages, operations, bulk;
  for (const site::Module& module : modules) {
    absl::StrAppend(&packages,
                    PlaceOfPackage(rpc::IndexOf(module.name())->package(), module.name()));
    if (!module.service.operations().empty())
      absl::StrAppend(&operations,
                      PlaceOfPackage(operations::v1::Operation::descriptor()->file()->package(),
                                     module.name()));
    for (const pb::MethodDescriptor* descriptor : module.service.methods()) {
      ASSIGN_OR_RETURN(const rpc::Method method, rpc::Describe(descriptor));
      if (method.request_bytes_max > rpc::kRequestBytesMax)
        absl::StrAppend(&bulk, PlaceOfBulk(*descriptor, module.name()));
    }
  }
  return absl::StrCat(
      "# Written by `vivier edge-locations` from the protos; nginx.conf includes it.\n\n"
      "# One place for each package that outsiders may call.\n",
      packages,
      "\n# The one service that has operations; every process would answer for its own.\n",
      operations,
      "\n# Which services and messages there are, for tools that ask. Every process knows all; "
      "this one "
      "runs at each site.\n",
      PlaceOfPackage("grpc.reflection.v1", rpc::RightsProducers().front()),
      PlaceOfPackage("grpc.reflection.v1alpha", rpc::RightsProducers().front()),
      "\n# The bulk rpcs, whose request_bytes_max is above 64 KiB. 4 MiB and 5 bytes: the service "
      "knows each one's own limit.\n",
      bulk);
}

absl::StatusOr<int> EdgeLocations(const Line&, Modules modules) {
  ASSIGN_OR_RETURN(const std::string locations, EdgeLocationsOf(modules));
  std::cout << locations;
  return 0;
}

}  // namespace vivier::command
