// The states of an invoice, and the rpc that moves them. Rows without code, thread-safe;
// states_test.cc compares them with the diagram, and the handlers ask them.
//
//   Invoice      new ─CreateInvoice▶ DRAFT ─IssueInvoice▶ ISSUED ─RecordPayment▶ PAID
//                DRAFT ─GatherInvoice▶ DRAFT
//                ISSUED ─RecordPayment▶ ISSUED
#pragma once

#include "shared/base/transition.h"
#include "vivier/funding/v1/invoices.pb.h"

namespace vivier::funding {

inline constexpr Transition<v1::Invoice::State> kInvoiceTransitions[] = {
    {v1::Invoice::STATE_UNSPECIFIED, "CreateInvoice", v1::Invoice::DRAFT},
    {v1::Invoice::DRAFT, "GatherInvoice", v1::Invoice::DRAFT},
    {v1::Invoice::DRAFT, "IssueInvoice", v1::Invoice::ISSUED},
    {v1::Invoice::ISSUED, "RecordPayment", v1::Invoice::ISSUED},
    {v1::Invoice::ISSUED, "RecordPayment", v1::Invoice::PAID},
};

}  // namespace vivier::funding
