// Where people are signed in with a browser. Stateless besides its table, hence thread-safe.
//
//   the portal ── OpenPortalSession ──▶ a row, while the session goes on: 12 hours at most
//   the portal ── CheckPortalSession ─▶ it is there, or the session has ended
//   a person, or who may change memberships ── EndPortalSession ──▶ no row
#pragma once

#include <string>

#include "shared/service/service.h"
#include "vivier/access/v1/portal_sessions.pb.h"

namespace vivier::access {

class PortalSessions {
 public:
  // Puts its rpcs and its tick into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::PortalSession> OpenPortalSession(rpc::Call& call,
                                                      const v1::OpenPortalSessionRequest& request);
  absl::StatusOr<v1::PortalSession> CheckPortalSession(
      rpc::Call& call, const v1::CheckPortalSessionRequest& request);
  absl::StatusOr<v1::PortalSession> UsePortalSession(rpc::Call& call,
                                                     const v1::UsePortalSessionRequest& request);
  absl::StatusOr<v1::ListPortalSessionsResponse> ListPortalSessions(
      rpc::Call& call, const v1::ListPortalSessionsRequest& request);
  absl::StatusOr<google::protobuf::Empty> EndPortalSession(
      rpc::Call& call, const v1::EndPortalSessionRequest& request);
  absl::StatusOr<v1::EndPortalSessionsResponse> EndPortalSessions(
      rpc::Call& call, const v1::EndPortalSessionsRequest& request);
  absl::Status ExpirePortalSession(rpc::Call& call, const std::string& name);
  // The caller's own; NOT_FOUND for another's as for none.
  absl::StatusOr<v1::PortalSession> Own(rpc::Call& call, const std::string& name) const;
  absl::StatusOr<std::vector<v1::PortalSession>> SessionsOf(rpc::Call& call,
                                                            const std::string& subject) const;

  storage::Table<v1::PortalSession> sessions_;
};

}  // namespace vivier::access
