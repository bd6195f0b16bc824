// What moves an application: an rpc, an event that enrolment follows, or a tick. Advance is what
// follows whenever a seat or money may have come free. Rows without code, thread-safe;
// transitions_test.cc compares them with the diagram and with what the rules do.
//
//   Application  new ─SubmitApplication▶ SUBMITTED
//                SUBMITTED, SHORTLISTED ─PublishRanking▶ SHORTLISTED
//                SUBMITTED ─PublishRanking▶ REJECTED
//                SHORTLISTED, WAITLISTED ─AdmitApplication▶ WAITLISTED
//                SHORTLISTED, WAITLISTED ─AdmitApplication▶ FUNDING_PENDING, AWAITING_FUNDING
//                WAITLISTED ─Advance▶ FUNDING_PENDING, AWAITING_FUNDING
//                AWAITING_FUNDING ─Advance▶ FUNDING_PENDING ─SeatFunded▶ ADMITTED
//                FUNDING_PENDING ─SeatRefused▶ AWAITING_FUNDING, NOT_FUNDABLE
//                FUNDING_PENDING ─ExpireHold▶ FUNDING_PENDING, AWAITING_FUNDING
//                ADMITTED ─AcceptSeat▶ ACCEPTED
//                ADMITTED ─DeclineSeat▶ DECLINED
//                ADMITTED ─ExpireAcceptance▶ EXPIRED
//                SHORTLISTED, WAITLISTED ─FinishCohort▶ EXPIRED
//                FUNDING_PENDING, AWAITING_FUNDING, ADMITTED ─FinishCohort▶ EXPIRED
//                SUBMITTED, SHORTLISTED, WAITLISTED ─WithdrawApplication▶ WITHDRAWN
//                FUNDING_PENDING, AWAITING_FUNDING ─WithdrawApplication▶ WITHDRAWN
//                ADMITTED, ACCEPTED ─WithdrawApplication▶ WITHDRAWN
//                SUBMITTED, SHORTLISTED, WAITLISTED ─RejectApplication▶ REJECTED
//                FUNDING_PENDING, AWAITING_FUNDING ─RejectApplication▶ REJECTED
//                ADMITTED, ACCEPTED ─RecordExit▶ LEFT
#pragma once

#include "shared/base/transition.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

inline constexpr Transition<v1::Application::State> kApplicationTransitions[] = {
    {v1::Application::STATE_UNSPECIFIED, "SubmitApplication", v1::Application::SUBMITTED},
    {v1::Application::SUBMITTED, "PublishRanking", v1::Application::SHORTLISTED},
    {v1::Application::SHORTLISTED, "PublishRanking", v1::Application::SHORTLISTED},
    {v1::Application::SUBMITTED, "PublishRanking", v1::Application::REJECTED},
    {v1::Application::SHORTLISTED, "AdmitApplication", v1::Application::WAITLISTED},
    {v1::Application::WAITLISTED, "AdmitApplication", v1::Application::WAITLISTED},
    {v1::Application::SHORTLISTED, "AdmitApplication", v1::Application::FUNDING_PENDING},
    {v1::Application::SHORTLISTED, "AdmitApplication", v1::Application::AWAITING_FUNDING},
    {v1::Application::WAITLISTED, "AdmitApplication", v1::Application::FUNDING_PENDING},
    {v1::Application::WAITLISTED, "AdmitApplication", v1::Application::AWAITING_FUNDING},
    {v1::Application::WAITLISTED, "Advance", v1::Application::FUNDING_PENDING},
    {v1::Application::WAITLISTED, "Advance", v1::Application::AWAITING_FUNDING},
    {v1::Application::AWAITING_FUNDING, "Advance", v1::Application::FUNDING_PENDING},
    {v1::Application::FUNDING_PENDING, "SeatFunded", v1::Application::ADMITTED},
    {v1::Application::FUNDING_PENDING, "SeatRefused", v1::Application::AWAITING_FUNDING},
    {v1::Application::FUNDING_PENDING, "SeatRefused", v1::Application::NOT_FUNDABLE},
    {v1::Application::FUNDING_PENDING, "ExpireHold", v1::Application::FUNDING_PENDING},
    {v1::Application::FUNDING_PENDING, "ExpireHold", v1::Application::AWAITING_FUNDING},
    {v1::Application::ADMITTED, "AcceptSeat", v1::Application::ACCEPTED},
    {v1::Application::ADMITTED, "DeclineSeat", v1::Application::DECLINED},
    {v1::Application::ADMITTED, "ExpireAcceptance", v1::Application::EXPIRED},
    {v1::Application::SHORTLISTED, "FinishCohort", v1::Application::EXPIRED},
    {v1::Application::WAITLISTED, "FinishCohort", v1::Application::EXPIRED},
    {v1::Application::FUNDING_PENDING, "FinishCohort", v1::Application::EXPIRED},
    {v1::Application::AWAITING_FUNDING, "FinishCohort", v1::Application::EXPIRED},
    {v1::Application::ADMITTED, "FinishCohort", v1::Application::EXPIRED},
    {v1::Application::SUBMITTED, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::SHORTLISTED, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::WAITLISTED, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::FUNDING_PENDING, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::AWAITING_FUNDING, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::ADMITTED, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::ACCEPTED, "WithdrawApplication", v1::Application::WITHDRAWN},
    {v1::Application::SUBMITTED, "RejectApplication", v1::Application::REJECTED},
    {v1::Application::SHORTLISTED, "RejectApplication", v1::Application::REJECTED},
    {v1::Application::WAITLISTED, "RejectApplication", v1::Application::REJECTED},
    {v1::Application::FUNDING_PENDING, "RejectApplication", v1::Application::REJECTED},
    {v1::Application::AWAITING_FUNDING, "RejectApplication", v1::Application::REJECTED},
    {v1::Application::ADMITTED, "RecordExit", v1::Application::LEFT},
    {v1::Application::ACCEPTED, "RecordExit", v1::Application::LEFT},
};

}  // namespace vivier::enrolment
