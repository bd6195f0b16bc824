#include "shared/web/portal/signed_in.h"

#include <future>
#include <utility>

#include "shared/base/error.h"
#include "shared/base/network.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/web/asked.h"
#include "shared/web/portal/cookies.h"
#include "shared/web/portal/device.h"
#include "shared/web/portal/oidc.h"

namespace vivier::web {
namespace {

SignedInFrom FromOf(const HttpRequest& request) {
  return {DeviceOf(request.Header("user-agent")), SurroundingsOf(AddressOfCaller(request))};
}

}  // namespace

SignedIn::SignedIn(const HouseRpcs& rpcs, Options options)
    : options_(std::move(options)),
      is_listed_(rpcs.Has(kCheckSession)),
      live_(rpcs, options_.live) {}

absl::StatusOr<Session> SignedIn::In(const HttpRequest& request) const {
  const std::optional<std::string> cookie = CookieOf(request, kSessionCookie);
  if (!cookie.has_value())
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING", "nobody is signed in");
  return Unseal(options_.key, *cookie, options_.live.now());
}

void SignedIn::Check(const Session& session, LiveSessions::Then then) {
  if (session.name.empty()) return then(absl::OkStatus());
  live_.Check(session.name, session.authorization, std::move(then));
}

absl::StatusOr<std::string> SignedIn::Cookie(const Session& session) const {
  ASSIGN_OR_RETURN(const std::string sealed, Seal(options_.key, session));
  return SetCookie(kSessionCookie, sealed, session.ends - options_.live.now());
}

absl::Status SignedIn::GoesOn(const Session& session) {
  std::promise<absl::Status> told;
  Check(session, [&told](const absl::Status& status) { told.set_value(status); });
  return told.get_future().get();
}

absl::StatusOr<Session> SignedIn::Open(Session session, const HttpRequest& request) {
  if (is_listed_) {
    ASSIGN_OR_RETURN(session.name, live_.Open(session.authorization, FromOf(request)));
  }
  Replace(request);
  return session;
}

absl::StatusOr<Session> SignedIn::Renew(const Session& session) const {
  if (session.refresh_token.empty())
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
                 "the issuer gave nothing to renew the session by");
  const config::v1::SignIn& sign_in = options_.sign_in;
  ASSIGN_OR_RETURN(const signin::Answer answer,
                   Ask(sign_in, RefreshRequest(sign_in, session.refresh_token)));
  ASSIGN_OR_RETURN(Session next, SessionOf(sign_in, answer, session.ends, options_.live.now()));
  if (next.refresh_token.empty()) next.refresh_token = session.refresh_token;
  next.name = session.name;
  return next;
}

absl::Status SignedIn::End(const HttpRequest& request) {
  const absl::StatusOr<Session> session = In(request);
  if (!session.ok() || session->name.empty()) return absl::OkStatus();
  const absl::Status ended = live_.End(session->name, session->authorization);
  // A token that has ended ends nothing; another one does.
  if (!absl::IsUnauthenticated(ended) || session->refresh_token.empty()) return ended;
  ASSIGN_OR_RETURN(const Session renewed, Renew(*session));
  return live_.End(renewed.name, renewed.authorization);
}

void SignedIn::Replace(const HttpRequest& request) {
  if (const absl::Status ended = End(request); !ended.ok())
    Log(LogLevel::kWarning, "the session that a new one replaces goes on until its end",
        {{"error", ended.message()}});
}

}  // namespace vivier::web
