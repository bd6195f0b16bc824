// The states of a finding, and the event of enrolment that moves them: one revision of a sheet
// opens it, a later one that takes the half-day back closes it. Rows without code, thread-safe;
// states_test.cc compares them with the diagram, and the handlers ask them.
//
//   Finding  new ─AttendanceSheetSealed▶ OPEN ─AttendanceSheetSealed▶ CLOSED
#pragma once

#include "shared/base/transition.h"
#include "vivier/funding/v1/earnings.pb.h"

namespace vivier::funding {

inline constexpr Transition<v1::Finding::State> kFindingTransitions[] = {
    {v1::Finding::STATE_UNSPECIFIED, "AttendanceSheetSealed", v1::Finding::OPEN},
    {v1::Finding::OPEN, "AttendanceSheetSealed", v1::Finding::CLOSED},
};

}  // namespace vivier::funding
