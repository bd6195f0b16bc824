// What `verify` evaluates over this service's tables, those of several parts together. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
