// What `verify` tells again from enrolment's own log, and compares with the rows: who has which
// hold and rank, who left why, what became of whom; and what statistics counts of it. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

void AddLogFolds(rpc::Service& service);

}  // namespace vivier::enrolment
