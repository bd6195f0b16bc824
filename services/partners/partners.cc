#include "services/partners/partners.h"

#include "services/partners/invariants.h"

namespace vivier::partners {

Partners::Partners() {
  companies_.deleting.Calls(offers_, &Offers::SayUse).Calls(tutors_, &Tutors::SayUse);
  tutors_.deleting.Calls(contracts_, &Contracts::SayUse);
  offers_.closing.Calls(hirings_, &Hirings::WithdrawProposals);
  hirings_.declining.Calls(contracts_, &Contracts::CheckDecline);
}

rpc::Service Partners::Rpc() {
  rpc::Service service("partners");
  companies_.AddTo(service);
  tutors_.AddTo(service);
  offers_.AddTo(service);
  hirings_.AddTo(service);
  contracts_.AddTo(service);
  AddJoinedInvariants(service);
  return service;
}

}  // namespace vivier::partners
