// What `verify` evaluates over tables of statistics together, beside what its parts hold.
// Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::statistics {

void AddJoinedInvariants(rpc::Service& service);

}  // namespace vivier::statistics
