#include "services/funding/funding.h"

#include "services/funding/folds.h"
#include "services/funding/invariants.h"

namespace vivier::funding {

Funding::Funding() {
  funders_.amending.Calls(plans_, &Plans::TellMoneyCameFree);
  funders_.releasing.Calls(plans_, &Plans::NameReleases);
}

rpc::Service Funding::Rpc() {
  rpc::Service service("funding");
  journal_.AddTo(service);
  funders_.AddTo(service);
  plans_.AddTo(service);
  earnings_.AddTo(service);
  invoices_.AddTo(service);
  view_.AddTo(service);
  AddJoinedInvariants(service);
  AddFolds(service);
  return service;
}

}  // namespace vivier::funding
