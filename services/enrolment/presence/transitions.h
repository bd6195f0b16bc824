// What moves an attendance sheet: an rpc. Rows without code, thread-safe; transitions_test.cc
// compares them with the diagram and with what the rules do.
//
//   AttendanceSheet  new ─OpenAttendanceSheet▶ OPEN ─SealAttendanceSheet▶ SEALED
//                    OPEN ─SignPresence, RecordAbsence, SignAttendanceSheet▶ OPEN
//                    SEALED, CORRECTING ─CorrectPresence▶ CORRECTING
//                    CORRECTING ─SealAttendanceSheet▶ SEALED
#pragma once

#include "shared/base/transition.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::enrolment {

inline constexpr Transition<v1::AttendanceSheet::State> kAttendanceSheetTransitions[] = {
    {v1::AttendanceSheet::STATE_UNSPECIFIED, "OpenAttendanceSheet", v1::AttendanceSheet::OPEN},
    {v1::AttendanceSheet::OPEN, "SealAttendanceSheet", v1::AttendanceSheet::SEALED},
    {v1::AttendanceSheet::OPEN, "SignPresence", v1::AttendanceSheet::OPEN},
    {v1::AttendanceSheet::OPEN, "RecordAbsence", v1::AttendanceSheet::OPEN},
    {v1::AttendanceSheet::OPEN, "SignAttendanceSheet", v1::AttendanceSheet::OPEN},
    {v1::AttendanceSheet::SEALED, "CorrectPresence", v1::AttendanceSheet::CORRECTING},
    {v1::AttendanceSheet::CORRECTING, "CorrectPresence", v1::AttendanceSheet::CORRECTING},
    {v1::AttendanceSheet::CORRECTING, "SealAttendanceSheet", v1::AttendanceSheet::SEALED},
};

}  // namespace vivier::enrolment
