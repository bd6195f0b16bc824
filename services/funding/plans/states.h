// The states of a reservation, and the event of enrolment that moves them. Rows without code,
// thread-safe; states_test.cc compares them with the diagram, and the handlers ask them.
//
//   Reservation  new ─SeatHeld▶ RESERVED ─LearnerEnrolled▶ CONFIRMED
//                new ─SeatHeld▶ REFUSED
//                RESERVED, CONFIRMED ─SeatReleased▶ RELEASED
#pragma once

#include "shared/base/transition.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

inline constexpr Transition<v1::Reservation::State> kReservationTransitions[] = {
    {v1::Reservation::STATE_UNSPECIFIED, "SeatHeld", v1::Reservation::RESERVED},
    {v1::Reservation::STATE_UNSPECIFIED, "SeatHeld", v1::Reservation::REFUSED},
    {v1::Reservation::RESERVED, "LearnerEnrolled", v1::Reservation::CONFIRMED},
    {v1::Reservation::RESERVED, "SeatReleased", v1::Reservation::RELEASED},
    {v1::Reservation::CONFIRMED, "SeatReleased", v1::Reservation::RELEASED},
};

}  // namespace vivier::funding
