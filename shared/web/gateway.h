// The services over HTTP/1.1: every rpc of its routes in the forms of form.h, by descriptors alone.
// An ordinary client of the services, which say who may do what. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "shared/queue/public_callers.h"
#include "shared/web/origins.h"
#include "shared/web/route.h"
#include "shared/web/server/http_server.h"

namespace vivier::web {

class Gateway final : public HttpHandler {
 public:
  struct Options {
    HttpServerOptions server;
    std::vector<std::string> allowed_origins;  // whose pages may call besides our own
    int calls_max = kCallsMax;
    int streams_max = kStreamsMax;
    std::shared_ptr<HttpHandler> beside;  // all that is no rpc; null where nothing else is served
    // Tells the token of whoever is known by a cookie, "" for nobody, at once or later; null where
    // nobody is.
    using Told = std::function<void(absl::StatusOr<std::string>)>;
    std::function<void(const HttpRequest&, Told)> authorization;
    std::function<absl::Time()> now = absl::Now;
  };

  // INVALID_ARGUMENT for an origin that is none, UNAVAILABLE when the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(Options options, Routes routes);
  ~Gateway() override;

  const std::string& address() const { return server_->address(); }
  void Stop() { server_->Stop(); }

  std::variant<size_t, HttpAnswer> Admit(const HttpRequest& head) override;
  HttpAnswer TooLarge(const HttpRequest& head, size_t bytes_max) override;
  HttpAnswer Overloaded(const HttpRequest& head) override;
  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override;

 private:
  class Call;

  Gateway(Options options, Origins origins, Routes routes);
  const Route* Find(const HttpRequest& head) const;
  std::variant<size_t, HttpAnswer> AdmitTo(const Route& route, const HttpRequest& head) const;
  // Nothing but the calls of rpcs from here on.
  void HandleCall(HttpRequest request, const Route& route, std::shared_ptr<Exchange> exchange);
  void Refuse(const std::shared_ptr<Call>& call, Exchange& exchange, const absl::Status& status);
  void Ask(const std::shared_ptr<Call>& call, HttpRequest request,
           const std::shared_ptr<Exchange>& exchange);
  // In the form of the request, where it has one.
  HttpAnswer Refusal(const HttpRequest& head, const absl::Status& status, int http) const;

  const Options options_;
  const Origins origins_;
  const Routes routes_;
  PublicCallers public_callers_;
  std::atomic<int> calls_{0};
  std::atomic<int> streams_{0};
  std::unique_ptr<HttpServer> server_;
};

}  // namespace vivier::web
