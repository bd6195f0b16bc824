// Why a principal may call an rpc at a school, or may not: told from the same rows and the same
// table of roles by which the adapter decides.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "shared/service/service.h"
#include "shared/storage/log/unit.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

// The service's rpc of that full name, null when it has none.
const google::protobuf::MethodDescriptor* MethodOf(const rpc::Service& service,
                                                   const std::string& full_name);

absl::Status Explain(storage::Transaction& snapshot,
                     const google::protobuf::MethodDescriptor& descriptor,
                     const v1::ExplainAccessRequest& request, absl::Time now,
                     v1::ExplainAccessResponse& response);

}  // namespace vivier::site
