// What `verify` evaluates over tables of several parts together; what concerns one part stands in
// its own invariants.h. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddJoinedInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
