// Who is signed in with a browser, from the first answer of the issuer to the end: the cookie, what
// access keeps of it (live_sessions.h), and another token in place of one that ends. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/security/encryption.h"
#include "shared/web/portal/house_rpcs.h"
#include "shared/web/portal/live_sessions.h"
#include "shared/web/portal/session.h"
#include "shared/web/server/http.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::web {

class SignedIn {
 public:
  struct Options {
    security::Key key;  // of cookies
    config::v1::SignIn sign_in;
    LiveSessions::Options live;
  };
  // `rpcs` outlives it.
  SignedIn(const HouseRpcs& rpcs, Options options);

  // Whose cookie the request bears: UNAUTHENTICATED where there is none that is good by itself.
  absl::StatusOr<Session> In(const HttpRequest& request) const;
  // Whether access says that it goes on: at once or later.
  void Check(const Session& session, LiveSessions::Then then);
  // A header Set-Cookie.
  absl::StatusOr<std::string> Cookie(const Session& session) const;

  // These block.
  absl::Status GoesOn(const Session& session);
  // The session as access knows it from now on; who was signed in with that browser before is not
  // any more.
  absl::StatusOr<Session> Open(Session session, const HttpRequest& request);
  // With another token in place of the one that ends.
  absl::StatusOr<Session> Renew(const Session& session) const;
  // Ends the session that the request bears, where it bears one.
  absl::Status End(const HttpRequest& request);
  // The same for who goes on as somebody else.
  void Replace(const HttpRequest& request);

 private:
  const Options options_;
  const bool is_listed_;  // where the site runs access
  LiveSessions live_;
};

}  // namespace vivier::web
