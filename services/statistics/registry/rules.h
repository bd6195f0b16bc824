// What a record may say and how schools may end: the only place where it is decided. Pure
// functions; no clock, no storage. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "vivier/statistics/v1/registry.pb.h"

namespace vivier::statistics {

// Takes codes to their usual form and the legal entity from the SIRET; refuses what a person typed
// wrong.
absl::Status CompleteRecord(v1::SchoolRecord& record);

// Whether so many schools end so, each named once. SUCCESSION_UNFIT.
absl::Status CheckSuccession(const v1::RecordSuccessionRequest& request);

// A school that ends on `day` has not ended, and ends later than it began and than each of
// `predecessors` ended; so no chain comes back to where it began. SCHOOL_HAS_ENDED,
// SUCCESSION_OUT_OF_ORDER.
absl::Status CheckEnds(const v1::SchoolRecord& record, absl::CivilDay day,
                       const std::vector<v1::SchoolRecord>& predecessors);

// A school that goes on from `day` on ends later, when it ends. SUCCESSION_OUT_OF_ORDER.
absl::Status CheckGoesOn(const v1::SchoolRecord& record, absl::CivilDay day);

// Whether the school has ended by that day.
bool HasEnded(const v1::SchoolRecord& record, absl::CivilDay day);

// Fills what `record` leaves open with what a list declares, and names each field in which the two
// differ. A record with a member speaks for itself: of it the list adds its network alone.
std::vector<std::string> Fill(const v1::SchoolRecord& declared, v1::SchoolRecord& record);

}  // namespace vivier::statistics
