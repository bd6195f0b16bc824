// What `verify` evaluates over the proof that erasures keep. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddProofInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
