// What `verify` evaluates over the learners. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddLearnersInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
