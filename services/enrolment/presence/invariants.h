// What `verify` evaluates over the attendance sheets and their seals. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddSealsInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
