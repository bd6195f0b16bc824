// The standard methods of the AIPs (131 Get, 132 List, 133 Create, 134 Update, 135 Delete) over any
// table, by the shapes of their requests. Thread-safe.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/field_mask.pb.h"
#include "shared/service/service.h"
#include "shared/storage/rows/schema.h"

namespace vivier::rpc {

// The handler of `method` if it is a standard method of the resource in `schema`: its name is Get,
// Create, Update or Delete and the resource's type, or List and its plural. Else empty.
Handler StandardHandler(const google::protobuf::MethodDescriptor& method,
                        const storage::Schema& schema, const AnyBeforeStore& complete);

// The mask of an update; null where the request has none, or an empty one.
const google::protobuf::FieldMask* UpdateMaskOf(const google::protobuf::Message& request);

// The fields of `wanted` that an update changes (AIP-134): those that the mask names, with "*"
// every field that a caller may set, without a mask those that are set. INVALID_ARGUMENT where the
// mask names what is no field, or the server's.
absl::StatusOr<std::vector<const google::protobuf::FieldDescriptor*>> UpdatedFields(
    const google::protobuf::FieldMask* mask, const google::protobuf::Message& wanted);

// Puts what the update changes into `after`, the resource as it is stored. A field that the mask
// names and the caller left out is cleared; that none of them is REQUIRED, the validator has seen.
absl::Status ApplyUpdate(const google::protobuf::Message& request,
                         const google::protobuf::Message& wanted, google::protobuf::Message& after);

}  // namespace vivier::rpc
