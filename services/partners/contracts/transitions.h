// What moves a contract: an rpc, or the tick of its term (CompleteContract). Rows without code,
// thread-safe; transitions_test.cc compares them with the diagram and with what the rules do.
//
//   Contract  new ─CreateContract▶ DRAFT ─SignContract▶ SIGNED ─CompleteContract▶ COMPLETED
//             DRAFT ─UpdateContract▶ DRAFT
//             SIGNED ─RecordFileReceipt▶ SIGNED
//             SIGNED ─BreakContract▶ BROKEN
#pragma once

#include "shared/base/transition.h"
#include "vivier/partners/v1/contracts.pb.h"

namespace vivier::partners {

inline constexpr Transition<v1::Contract::State> kContractTransitions[] = {
    {v1::Contract::STATE_UNSPECIFIED, "CreateContract", v1::Contract::DRAFT},
    {v1::Contract::DRAFT, "UpdateContract", v1::Contract::DRAFT},
    {v1::Contract::DRAFT, "SignContract", v1::Contract::SIGNED},
    {v1::Contract::SIGNED, "RecordFileReceipt", v1::Contract::SIGNED},
    {v1::Contract::SIGNED, "BreakContract", v1::Contract::BROKEN},
    {v1::Contract::SIGNED, "CompleteContract", v1::Contract::COMPLETED},
};

}  // namespace vivier::partners
