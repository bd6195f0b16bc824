// What `verify` evaluates over tables of curriculum together, beside what its parts hold.
// Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::curriculum {

void AddJoinedInvariants(rpc::Service& service);

}  // namespace vivier::curriculum
