// The states of an invoice and of a reservation, and what moves them: an rpc, or an event of
// enrolment. Rows without code, thread-safe; states_test.cc compares them with the diagram, and the
// handlers ask them.
//
//   Invoice      new ─CreateInvoice▶ DRAFT ─IssueInvoice▶ ISSUED ─RecordPayment▶ PAID
//                DRAFT ─GatherInvoice▶ DRAFT
//                ISSUED ─RecordPayment▶ ISSUED
//
//   Reservation  new ─SeatHeld▶ RESERVED ─LearnerEnrolled▶ CONFIRMED
//                new ─SeatHeld▶ REFUSED
//                RESERVED, CONFIRMED ─SeatReleased▶ RELEASED
#pragma once

#include "shared/base/transition.h"
#include "vivier/funding/v1/ledger.pb.h"
#include "vivier/funding/v1/resources.pb.h"

namespace vivier::funding {

inline constexpr Transition<v1::Invoice::State> kInvoiceTransitions[] = {
    {v1::Invoice::STATE_UNSPECIFIED, "CreateInvoice", v1::Invoice::DRAFT},
    {v1::Invoice::DRAFT, "GatherInvoice", v1::Invoice::DRAFT},
    {v1::Invoice::DRAFT, "IssueInvoice", v1::Invoice::ISSUED},
    {v1::Invoice::ISSUED, "RecordPayment", v1::Invoice::ISSUED},
    {v1::Invoice::ISSUED, "RecordPayment", v1::Invoice::PAID},
};

inline constexpr Transition<v1::Reservation::State> kReservationTransitions[] = {
    {v1::Reservation::STATE_UNSPECIFIED, "SeatHeld", v1::Reservation::RESERVED},
    {v1::Reservation::STATE_UNSPECIFIED, "SeatHeld", v1::Reservation::REFUSED},
    {v1::Reservation::RESERVED, "LearnerEnrolled", v1::Reservation::CONFIRMED},
    {v1::Reservation::RESERVED, "SeatReleased", v1::Reservation::RELEASED},
    {v1::Reservation::CONFIRMED, "SeatReleased", v1::Reservation::RELEASED},
};

}  // namespace vivier::funding
