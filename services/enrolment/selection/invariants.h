// What `verify` evaluates over the applications. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddApplicationsInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
