#include "services/access/portal_sessions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/access/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/security/roles.h"
#include "shared/service/list_page.h"

namespace vivier::access {

using rpc::Call;
using v1::PortalSession;

namespace {

// Whoever can take all rights away from somebody can end where they are signed in.
bool SeesAll(const Call& call) {
  return security::Allows(call.caller(), "memberships.update", call.school());
}

bool IsOwn(const Call& call, const PortalSession& session) {
  return session.subject() == call.caller().subject;
}

}  // namespace

void PortalSessions::AddTo(rpc::Service& service) {
  service.Standard(sessions_)
      .On(*this, &PortalSessions::OpenPortalSession)
      .On(*this, &PortalSessions::CheckPortalSession)
      .On(*this, &PortalSessions::UsePortalSession)
      .On(*this, &PortalSessions::ListPortalSessions)
      .On(*this, &PortalSessions::EndPortalSession)
      .On(*this, &PortalSessions::EndPortalSessions)
      .Tick(*this, &PortalSessions::ExpirePortalSession, sessions_, "expire_time");
}

absl::StatusOr<PortalSession> PortalSessions::Own(Call& call, const std::string& name) const {
  ASSIGN_OR_RETURN(PortalSession session, sessions_.Get(call, name));
  if (!IsOwn(call, session) || ToTime(session.expire_time()) <= call.time()) return NotFound(name);
  return session;
}

absl::StatusOr<std::vector<PortalSession>> PortalSessions::SessionsOf(
    Call& call, const std::string& subject) const {
  return sessions_.Select(call, "subject = $2 ORDER BY name", {subject}, kPortalSessionsMax);
}

absl::StatusOr<PortalSession> PortalSessions::OpenPortalSession(
    Call& call, const v1::OpenPortalSessionRequest& request) {
  PortalSession session = request.portal_session();
  session.set_name(absl::StrCat(request.parent(), "/portalSessions/", RandomUuid()));
  session.set_subject(call.caller().subject);
  *session.mutable_create_time() = ToTimestamp(call.time());
  *session.mutable_last_use_time() = session.create_time();
  *session.mutable_expire_time() = ToTimestamp(call.time() + kPortalSessionLife);
  ASSIGN_OR_RETURN(const std::vector<PortalSession> open, SessionsOf(call, session.subject()));
  if (open.size() >= kPortalSessionsMax) {
    const auto oldest = std::min_element(
        open.begin(), open.end(), [](const PortalSession& one, const PortalSession& other) {
          return ToTime(one.create_time()) < ToTime(other.create_time());
        });
    RETURN_IF_ERROR(sessions_.Delete(call, oldest->name()));
  }
  RETURN_IF_ERROR(sessions_.Insert(call, session));
  return session;
}

absl::StatusOr<PortalSession> PortalSessions::CheckPortalSession(
    Call& call, const v1::CheckPortalSessionRequest& request) {
  return Own(call, request.name());
}

absl::StatusOr<PortalSession> PortalSessions::UsePortalSession(
    Call& call, const v1::UsePortalSessionRequest& request) {
  ASSIGN_OR_RETURN(PortalSession session, Own(call, request.name()));
  *session.mutable_last_use_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(sessions_.Update(call, session));
  return session;
}

absl::StatusOr<v1::ListPortalSessionsResponse> PortalSessions::ListPortalSessions(
    Call& call, const v1::ListPortalSessionsRequest& request) {
  return rpc::ListPage<v1::ListPortalSessionsResponse>(
      call, sessions_, request,
      SeesAll(call) ? request.filter()
                    : storage::NarrowedTo("subject", {call.caller().subject}, request.filter()),
      [](auto& response) { return response.add_portal_sessions(); });
}

absl::StatusOr<google::protobuf::Empty> PortalSessions::EndPortalSession(
    Call& call, const v1::EndPortalSessionRequest& request) {
  ASSIGN_OR_RETURN(const PortalSession session, sessions_.Get(call, request.name()));
  if (!IsOwn(call, session) && !SeesAll(call)) return NotFound(request.name());
  RETURN_IF_ERROR(sessions_.Delete(call, request.name()));
  return google::protobuf::Empty();
}

absl::StatusOr<v1::EndPortalSessionsResponse> PortalSessions::EndPortalSessions(
    Call& call, const v1::EndPortalSessionsRequest& request) {
  const std::string& own = call.caller().subject;
  const std::string& subject = request.subject().empty() ? own : request.subject();
  if (subject != own && !SeesAll(call)) return NotAllowed(request.parent());
  v1::EndPortalSessionsResponse response;
  ASSIGN_OR_RETURN(const std::vector<PortalSession> open, SessionsOf(call, subject));
  for (const PortalSession& session : open) {
    if (session.name() == request.except()) continue;
    RETURN_IF_ERROR(sessions_.Delete(call, session.name()));
    response.set_ended(response.ended() + 1);
  }
  return response;
}

absl::Status PortalSessions::ExpirePortalSession(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const PortalSession session, sessions_.Get(call, name));
  return ToTime(session.expire_time()) > call.time() ? absl::OkStatus()
                                                     : sessions_.Delete(call, name);
}

}  // namespace vivier::access
