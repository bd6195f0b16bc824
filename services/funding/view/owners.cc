#include "services/funding/view/owners.h"

#include "services/funding/journal/names.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::funding {

using rpc::Call;

absl::StatusOr<std::string> Owners::FunderOf(Call&, const v1::Funder& funder) {
  return funder.name();
}

absl::StatusOr<std::string> Owners::FunderOf(Call&, const v1::FundingAgreement& agreement) {
  return agreement.funder();
}

absl::StatusOr<std::string> Owners::FunderOf(Call& call, const v1::AgreementBalance& balance) {
  return FunderOf(call, ParentOf(balance.name()));
}

absl::StatusOr<std::string> Owners::FunderOf(Call& call, const v1::Earning& earning) {
  if (earning.invoice().empty()) return FunderOf(call, earning.funding_agreement());
  ASSIGN_OR_RETURN(const v1::Invoice invoice, invoices_.rows().Get(call, earning.invoice()));
  return FunderOf(call, invoice);
}

absl::StatusOr<std::string> Owners::FunderOf(Call& call, const v1::Invoice& invoice) {
  if (invoice.state() == v1::Invoice::DRAFT) return "";
  return FunderOf(call, invoice.funding_agreement());
}

absl::StatusOr<std::string> Owners::FunderOf(Call& call, const v1::Payment& payment) {
  ASSIGN_OR_RETURN(const v1::Invoice invoice, invoices_.rows().Get(call, ParentOf(payment.name())));
  return FunderOf(call, invoice);
}

absl::StatusOr<std::string> Owners::FunderOf(Call& call, const std::string& agreement) {
  ASSIGN_OR_RETURN(const v1::FundingAgreement found, funders_.agreements().Get(call, agreement));
  return found.funder();
}

}  // namespace vivier::funding
