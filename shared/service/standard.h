// The standard methods of the AIPs (131 Get, 132 List, 133 Create, 134 Update, 135 Delete) over any
// table, by the shapes of their requests. Thread-safe.
#pragma once

#include "google/protobuf/descriptor.h"
#include "shared/service/service.h"
#include "shared/storage/rows/schema.h"

namespace vivier::rpc {

// The handler of `method` if it is a standard method of the resource in `schema`: its name is Get,
// Create, Update or Delete and the resource's type, or List and its plural. Else empty.
Handler StandardHandler(const google::protobuf::MethodDescriptor& method,
                        const storage::Schema& schema, const AnyBeforeStore& complete);

// AIP-134: puts into `after`, the resource as it is stored, the fields of `wanted` that the
// update_mask of `request` names; without a mask, or with "*", every field that a caller may set. A
// field that the caller left out is cleared. INVALID_ARGUMENT where the mask names what is no
// field, or the server's.
absl::Status ApplyUpdate(const storage::Schema& schema, const google::protobuf::Message& request,
                         const google::protobuf::Message& wanted, google::protobuf::Message& after);

}  // namespace vivier::rpc
