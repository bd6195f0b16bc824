// What the gateway serves besides rpcs: the pages, and by which ways people come in. A session is a
// cookie that only we can read (session.h); the gateway shows the services the token in it.
// Thread-safe.
//
//   GET  /                 the start page          GET  /-/FILE       its parts
//   GET  /-/schema         the rpcs, for the console
//   GET  /-/session        who is signed in, and how one may
//   GET  /-/sign-in        to the issuer           GET  /-/signed-in  back from it
//   POST /-/sign-in        as a role, in development
//   POST /-/renew          a token that ends       POST /-/sign-out
//   POST /-/link           exchanges the secret of a one-time link, whose page is "/#/link/…"
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "shared/queue/public_callers.h"
#include "shared/rpc/workers.h"
#include "shared/security/encryption.h"
#include "shared/web/portal/house_rpcs.h"
#include "shared/web/portal/oidc.h"
#include "shared/web/portal/pages.h"
#include "shared/web/portal/signed_in.h"
#include "shared/web/route.h"
#include "shared/web/server/http.h"

namespace vivier::web {

class Doors final : public HttpHandler {
 public:
  struct Options {
    config::v1::Web web;
    security::Key key;               // of sessions
    std::vector<std::string> roles;  // of the buttons; none outside development
    std::vector<std::string> schools;
    // "Bearer …" for a role, in development.
    std::function<absl::StatusOr<std::string>(const std::string& role)> token_of_role;
    std::function<absl::Time()> now = absl::Now;
  };

  Doors(Options options, const Routes& routes);
  ~Doors() override;

  // Tells the token of the session that the request bears, "" where it bears none, at once or
  // later. PERMISSION_DENIED where it was not asked by a page of ours, UNAUTHENTICATED where the
  // session was ended.
  using Told = std::function<void(absl::StatusOr<std::string>)>;
  void Identify(const HttpRequest& request, const Told& told);

  std::variant<size_t, HttpAnswer> Admit(const HttpRequest& head) override;
  HttpAnswer TooLarge(const HttpRequest& head, size_t bytes_max) override;
  HttpAnswer Overloaded(const HttpRequest& head) override;
  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override;

 private:
  void Tell(const HttpRequest& request, const std::shared_ptr<Exchange>& exchange);
  HttpAnswer SessionAnswer(const absl::StatusOr<Session>& session) const;
  HttpAnswer Schema(const HttpRequest& request) const;
  HttpAnswer Begin() const;
  // These block.
  HttpAnswer Slowly(const HttpRequest& request);
  HttpAnswer AsRole(const HttpRequest& request);
  HttpAnswer Back(const HttpRequest& request);
  HttpAnswer Renew(const HttpRequest& request);
  HttpAnswer SignOut(const HttpRequest& request);
  HttpAnswer Follow(const HttpRequest& request);
  absl::StatusOr<Session> Redeemed(const HttpRequest& request);

  const Options options_;
  const Pages pages_;
  const std::string schema_, packed_schema_;
  const HouseRpcs rpcs_;
  PublicCallers strangers_;  // who follow links
  // Where requests wait for others, and where they go on once they have waited.
  rpc::Workers workers_, continuing_;
  SignedIn signed_in_;
};

}  // namespace vivier::web
