// The earnings of one funder, page by page, however many it may not see: what waits for an invoice
// first, then the lines of each invoice that was issued. Drafts and what they ask for are the
// school's own and stand in no index that is looked at.
//
//   e1 e2 e3 … | i-1: e4 e5 … | i-7: e9 … |        a place is the invoice, "" before the first, and
//                                                  the earning after which the next page begins
//
// Stateless, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/funding/earnings/earnings.h"
#include "services/funding/invoices/invoices.h"
#include "shared/service/call.h"
#include "vivier/funding/v1/earnings.pb.h"

namespace vivier::funding {

class OwnEarnings {
 public:
  OwnEarnings(Earnings& earnings, Invoices& invoices) : earnings_(earnings), invoices_(invoices) {}

  absl::StatusOr<v1::ListEarningsResponse> List(rpc::Call& call, const std::string& funder,
                                                const v1::ListEarningsRequest& request) const;

 private:
  struct Place {
    std::string invoice, earning;
  };
  class Page;

  // Adds what is behind `place` of the same invoice; whether the page is full.
  absl::StatusOr<bool> AddAt(rpc::Call& call, const Place& place, Page& page) const;

  Earnings& earnings_;
  Invoices& invoices_;
};

}  // namespace vivier::funding
