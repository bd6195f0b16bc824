// A batch rpc, as its descriptors declare it (docs/bulk.md):
//
//   rpc BatchAdmitApplications(BatchAdmitApplicationsRequest) returns (...Response)
//
//   request   parent, request_id, repeated AdmitApplicationRequest requests, at most 1,000
//   response  repeated Result results, in the order of the requests
//   Result    oneof { what the single rpc answers; google.rpc.Status error }
//
// An rpc is a batch when its request has a repeated field `requests` of the type of another rpc's
// request. Immutable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace vivier::rpc {

// Most items of a batch: 1,000 answers of 3 KiB fit a message that gRPC's clients take.
inline constexpr int kBatchItemsMax = 1000;

struct BatchShape {
  const google::protobuf::MethodDescriptor* single = nullptr;  // the rpc that each item is for
  const google::protobuf::FieldDescriptor* requests = nullptr;
  const google::protobuf::FieldDescriptor* results = nullptr;
  const google::protobuf::FieldDescriptor* answer = nullptr;  // of a result
  const google::protobuf::FieldDescriptor* error = nullptr;   // of a result
};

// nullopt for an rpc that is no batch.
std::optional<BatchShape> BatchShapeOf(const google::protobuf::MethodDescriptor& method);

// What keeps the shape from being served, one sentence each.
std::vector<std::string> MisfitsOf(const google::protobuf::MethodDescriptor& method,
                                   const BatchShape& shape);

}  // namespace vivier::rpc
