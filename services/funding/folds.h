// What `verify` tells again of funding that SQL cannot say: shares of seats, reservations and
// postings are lists, and what was answered stands in the log. Thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::funding {

void AddFolds(rpc::Service& service);

}  // namespace vivier::funding
