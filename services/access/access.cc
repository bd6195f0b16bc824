#include "services/access/access.h"

#include "services/access/invariants.h"

namespace vivier::access {

rpc::Service Access::Rpc() {
  rpc::Service service("access");
  own_roles_.AddTo(service);
  memberships_.AddTo(service);
  invitations_.AddTo(service);
  partner_clients_.AddTo(service);
  portal_sessions_.AddTo(service);
  time_zones_.AddTo(service);
  AddJoinedInvariants(service);
  return service;
}

}  // namespace vivier::access
