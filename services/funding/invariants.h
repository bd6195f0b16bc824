// What `verify` evaluates over tables of several parts of funding together: who pays what, three
// times told. Thread-safe.
#pragma once

#include <string>

#include "shared/service/service.h"

namespace vivier::funding {

void AddJoinedInvariants(rpc::Service& service);

// A page of the earnings that no reversal took back: name, presence_entry, share, revision,
// funding_agreement, reservation, minutes, earned_cents, own_cents. $2 is the name before it.
extern const char kStandingEarnings[];

// What was posted of ceilings and seats: name, date, create_time.
std::string SeatEntries();

}  // namespace vivier::funding
