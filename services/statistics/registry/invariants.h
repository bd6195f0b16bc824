// What `verify` evaluates over records of schools. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::statistics {

void AddRegistryInvariants(rpc::Service& service);

}  // namespace vivier::statistics
