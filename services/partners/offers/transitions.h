// What moves a job offer: an rpc, or what hirings do with its positions (a hiring that is accepted
// takes one, one that is declined or broken frees it). What may be done in which state, and where
// it leads. Rows without code, thread-safe; transitions_test.cc compares them with the diagram and
// with what the rules do.
//
//   JobOffer  new ─CreateJobOffer▶ DRAFT ─PublishJobOffer▶ PUBLISHED
//             DRAFT ─UpdateJobOffer▶ DRAFT
//             PUBLISHED, FILLED ─UpdateJobOffer▶ PUBLISHED, FILLED
//             PUBLISHED ─TakePosition▶ PUBLISHED, FILLED
//             PUBLISHED, FILLED ─FreePosition▶ PUBLISHED
//             CLOSED ─FreePosition▶ CLOSED
//             DRAFT, PUBLISHED, FILLED ─CloseJobOffer▶ CLOSED
#pragma once

#include "shared/base/transition.h"
#include "vivier/partners/v1/offers.pb.h"

namespace vivier::partners {

inline constexpr Transition<v1::JobOffer::State> kJobOfferTransitions[] = {
    {v1::JobOffer::STATE_UNSPECIFIED, "CreateJobOffer", v1::JobOffer::DRAFT},
    {v1::JobOffer::DRAFT, "PublishJobOffer", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::DRAFT, "UpdateJobOffer", v1::JobOffer::DRAFT},
    {v1::JobOffer::PUBLISHED, "UpdateJobOffer", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::PUBLISHED, "UpdateJobOffer", v1::JobOffer::FILLED},
    {v1::JobOffer::FILLED, "UpdateJobOffer", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::FILLED, "UpdateJobOffer", v1::JobOffer::FILLED},
    {v1::JobOffer::PUBLISHED, "TakePosition", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::PUBLISHED, "TakePosition", v1::JobOffer::FILLED},
    {v1::JobOffer::PUBLISHED, "FreePosition", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::FILLED, "FreePosition", v1::JobOffer::PUBLISHED},
    {v1::JobOffer::CLOSED, "FreePosition", v1::JobOffer::CLOSED},
    {v1::JobOffer::DRAFT, "CloseJobOffer", v1::JobOffer::CLOSED},
    {v1::JobOffer::PUBLISHED, "CloseJobOffer", v1::JobOffer::CLOSED},
    {v1::JobOffer::FILLED, "CloseJobOffer", v1::JobOffer::CLOSED},
};

}  // namespace vivier::partners
