// What `verify` evaluates over tables of partners together, beside what its parts hold.
// Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::partners {

void AddJoinedInvariants(rpc::Service& service);

}  // namespace vivier::partners
