// What `verify` evaluates over tables of access together, beside what its parts hold. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::access {

void AddJoinedInvariants(rpc::Service& service);

}  // namespace vivier::access
