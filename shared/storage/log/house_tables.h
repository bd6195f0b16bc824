// The tables of the house, which every service has beside its own (shared/storage/schema). The
// heads, and the events, acts and readings whose chains end there, have no MAC for each row.
#pragma once

#include <vector>

#include "shared/storage/log/plain_table.h"

namespace vivier::storage::house {

const PlainTable& Answers();
const PlainTable& Cursors();
const PlainTable& Deliveries();
const PlainTable& EndedReadings();
const PlainTable& Erasures();
const PlainTable& Followers();
const PlainTable& Operations();
const PlainTable& OperationSteps();
const PlainTable& ParkedEvents();
const PlainTable& PersonKeys();
const PlainTable& PersonReads();
const PlainTable& ReadingCounts();
const PlainTable& Rights();
const PlainTable& SchoolKeys();
const PlainTable& TimeZones();

// All of these.
const std::vector<const PlainTable*>& Tables();

}  // namespace vivier::storage::house
