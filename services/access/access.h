// The service: who may do what at a school. It lists its parts; each owns the tables that it
// writes. Whatever gives a right is announced (RightsChanged) and kept here in the same
// transaction, elsewhere as soon as the log is followed (shared/service/rights.h). Stateless
// besides its tables, hence thread-safe.
//
//   memberships.h       principals of issuers and their roles
//   own_roles.h         roles of the school's own
//   invitations.h       roles that wait for whoever brings the secret
//   partner_clients.h   partners' programs, their secrets and sessions
//   portal_sessions.h   where people are signed in with a browser
//   time_zones/         in which time zone the school lives
//
// Of a secret nothing but the hash is kept, among the rights: a right that ends makes the secret
// worthless.
//
//   secret of an         ── AcceptInvitation ──▶   a membership of the caller             once
//   invitation
//   secret of a client   ── OpenPartnerSession ──▶ token of a session, for its company  many times
#pragma once

#include "services/access/invitations.h"
#include "services/access/memberships.h"
#include "services/access/own_roles.h"
#include "services/access/partner_clients.h"
#include "services/access/portal_sessions.h"
#include "services/access/time_zones/time_zones.h"
#include "shared/service/service.h"

namespace vivier::access {

class Access {
 public:
  rpc::Service Rpc();

 private:
  OwnRoles own_roles_;
  Memberships memberships_{own_roles_};
  Invitations invitations_{own_roles_, memberships_};
  PartnerClients partner_clients_;
  PortalSessions portal_sessions_;
  TimeZones time_zones_;
};

}  // namespace vivier::access
