// The states of a funding agreement, and the rpc that moves them; Reserve is what commits new money
// under it. Rows without code, thread-safe; states_test.cc compares them with the diagram and with
// the rule that asks them.
//
//   FundingAgreement  new ─CreateFundingAgreement▶ ACTIVE ─CloseFundingAgreement▶ CLOSED
//                     ACTIVE ─AmendFundingAgreement, CreateFundingPlan, Reserve▶ ACTIVE
#pragma once

#include "shared/base/transition.h"
#include "vivier/funding/v1/funders.pb.h"

namespace vivier::funding {

inline constexpr Transition<v1::FundingAgreement::State> kFundingAgreementTransitions[] = {
    {v1::FundingAgreement::STATE_UNSPECIFIED, "CreateFundingAgreement",
     v1::FundingAgreement::ACTIVE},
    {v1::FundingAgreement::ACTIVE, "CloseFundingAgreement", v1::FundingAgreement::CLOSED},
    {v1::FundingAgreement::ACTIVE, "AmendFundingAgreement", v1::FundingAgreement::ACTIVE},
    {v1::FundingAgreement::ACTIVE, "CreateFundingPlan", v1::FundingAgreement::ACTIVE},
    {v1::FundingAgreement::ACTIVE, "Reserve", v1::FundingAgreement::ACTIVE},
};

}  // namespace vivier::funding
