// Whose the money is: the only funder who may see a resource. Stateless, hence thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/funding/funders/funders.h"
#include "services/funding/invoices/invoices.h"
#include "shared/service/call.h"
#include "vivier/funding/v1/earnings.pb.h"
#include "vivier/funding/v1/funders.pb.h"
#include "vivier/funding/v1/invoices.pb.h"
#include "vivier/funding/v1/journal.pb.h"

namespace vivier::funding {

class Owners {
 public:
  Owners(Funders& funders, Invoices& invoices) : funders_(funders), invoices_(invoices) {}

  // "" where no funder may see it.
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Funder& funder);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::FundingAgreement& agreement);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::AgreementBalance& balance);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Earning& earning);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Invoice& invoice);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const v1::Payment& payment);
  absl::StatusOr<std::string> FunderOf(rpc::Call& call, const std::string& agreement);

 private:
  Funders& funders_;
  Invoices& invoices_;
};

}  // namespace vivier::funding
