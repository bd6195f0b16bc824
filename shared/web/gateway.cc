#include "shared/web/gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/network.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/rpc/metrics.h"
#include "shared/web/answers.h"
#include "shared/web/asked.h"
#include "shared/web/framing.h"
#include "shared/web/refusal.h"
#include "shared/web/server/metrics.h"

namespace vivier::web {
namespace {

constexpr char kQueue[] = "web";  // what a refusal for load calls it
// What stands around a message: a frame's head, or the other parameters of a query.
constexpr size_t kAroundBytes = 64;

constexpr int kNotFound = 404, kNoSuchMethod = 405, kTooLarge = 413, kNoSuchType = 415;

absl::Status RequestTooLarge(size_t bytes_max) {
  return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
               absl::StrCat("the request is larger than the ", bytes_max, " bytes that are taken"));
}

absl::Status Unimplemented(absl::string_view what) {
  return Error(absl::StatusCode::kUnimplemented, "MALFORMED_REQUEST", what);
}

// An answer is for the caller alone, and is nothing that a browser could show or run.
HttpAnswer Guarded(HttpAnswer answer, const std::string& allowed_origin) {
  answer.headers.insert(answer.headers.end(),
                        {{"cache-control", "no-store"},
                         {"content-security-policy", "default-src 'none'; frame-ancestors 'none'"},
                         {"referrer-policy", "no-referrer"},
                         {"x-content-type-options", "nosniff"}});
  if (allowed_origin.empty()) return answer;
  for (auto& header : CorsHeaders(allowed_origin)) answer.headers.push_back(std::move(header));
  return answer;
}

// JSON says in more bytes what a service takes in fewer.
constexpr size_t kJsonTimes = 4;

// Who is signed in by a cookie is known later.
bool IsBoundAsPublic(const Route& route, const HttpRequest& head) {
  return route.is_public && IsStrangers(head) && head.Header("cookie").empty();
}

size_t BodyBytesMax(const Route& route, const Form& form, const HttpRequest& head) {
  const size_t message = IsBoundAsPublic(route, head) ? kJsonTimes * PublicCallers::kRequestBytes
                                                      : MessageBytesMax(route, form);
  const size_t bytes = message + kFrameHeadBytes;
  return form.text ? bytes / 3 * 4 + kAroundBytes : bytes;
}

}  // namespace

// One call from its whole request to its end. Counted while it lives; told once how it ended.
class Gateway::Call {
 public:
  Call(Gateway& gateway, const Route& asked, const HttpRequest& request)
      : writing{*FormOf(request, asked), asked.method->output_type(), TakesGzip(request)},
        allowed_origin(AllowedOrigin(gateway.origins_, request)),
        route(asked),
        gateway_(gateway) {
    gateway_.calls_ += 1;
    gateway_.streams_ += route.streams() ? 1 : 0;
    metrics::Calls().Increment();
  }
  ~Call() {
    gateway_.calls_ -= 1;
    gateway_.streams_ -= route.streams() ? 1 : 0;
    metrics::Calls().Decrement();
  }

  bool HasRoom() const {
    return gateway_.calls_ <= gateway_.options_.calls_max &&
           gateway_.streams_ <= gateway_.options_.streams_max;
  }

  void Ended(const absl::Status& status) {
    const std::string form = NameOf(writing.form);
    metrics::Record(form, status.code(), absl::Now() - start_);
    LogOutcome(trace, absl::StrCat(route.method->name(), " over ", form), "", status);
  }

  // Takes a place among those whom nobody knows.
  absl::Status EnterAsStranger(PublicCallers& callers, const std::string& address, absl::Time now) {
    absl::StatusOr<PublicCallers::Place> place = callers.Enter(LineOf(address), now);
    if (place.ok())
      place_ = *std::move(place);
    else
      rpc::metrics::Refusals(PublicCallers::kQueue).Increment();
    return place.status();
  }

  const Writing writing;
  const std::string allowed_origin;
  const Route& route;
  Traceparent trace = Traceparent::New();

 private:
  Gateway& gateway_;
  PublicCallers::Place place_;
  const absl::Time start_ = absl::Now();
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(Options options, Routes routes) {
  ASSIGN_OR_RETURN(Origins origins, ReadOrigins(options.allowed_origins));
  std::unique_ptr<Gateway> gateway(
      new Gateway(std::move(options), std::move(origins), std::move(routes)));
  ASSIGN_OR_RETURN(gateway->server_, HttpServer::Start(gateway->options_.server, *gateway));
  return gateway;
}

Gateway::Gateway(Options options, Origins origins, Routes routes)
    : options_(std::move(options)), origins_(std::move(origins)), routes_(std::move(routes)) {}

Gateway::~Gateway() {
  server_.reset();
  // What was asked and not answered ends by its deadline; it holds its call, which counts here.
  while (calls_ > 0) absl::SleepFor(absl::Milliseconds(1));
}

const Route* Gateway::Find(const HttpRequest& head) const {
  const auto found = routes_.find(head.path);
  return found == routes_.end() ? nullptr : &found->second;
}

HttpAnswer Gateway::Refusal(const HttpRequest& head, const absl::Status& status, int http) const {
  const Route* route = Find(head);
  const std::optional<Form> form = route == nullptr ? std::nullopt : FormOf(head, *route);
  return Guarded(RefusalOf(form.value_or(Form{}), status, http), AllowedOrigin(origins_, head));
}

std::variant<size_t, HttpAnswer> Gateway::Admit(const HttpRequest& head) {
  const Route* route = Find(head);
  if (route == nullptr && options_.beside != nullptr) return options_.beside->Admit(head);
  if (route == nullptr)
    return Refusal(head,
                   Error(absl::StatusCode::kUnimplemented, "NOT_FOUND",
                         "there is no such path; an rpc is /PACKAGE.SERVICE/METHOD"),
                   kNotFound);
  if (head.method == "OPTIONS") {
    const std::string origin = AllowedOrigin(origins_, head);
    return Guarded(Preflight(origin), origin);
  }
  return AdmitTo(*route, head);
}

std::variant<size_t, HttpAnswer> Gateway::AdmitTo(const Route& route,
                                                  const HttpRequest& head) const {
  if (head.method != "POST" && (head.method != "GET" || !route.reads())) {
    HttpAnswer answer = Refusal(head,
                                Unimplemented(route.reads() ? "this rpc is asked by POST, or by GET"
                                                            : "this rpc is asked by POST alone"),
                                kNoSuchMethod);
    answer.headers.emplace_back("allow", route.reads() ? "GET, OPTIONS, POST" : "OPTIONS, POST");
    return answer;
  }
  const std::optional<Form> form = FormOf(head, route);
  if (!form.has_value()) {
    const std::string types = ContentTypesFor(route.streams());
    HttpAnswer answer = Refusal(
        head, Unimplemented(absl::StrCat("the content-type is one of ", types)), kNoSuchType);
    answer.headers.emplace_back("accept-post", types);
    return answer;
  }
  const size_t bytes_max = BodyBytesMax(route, *form, head);
  uint64_t length = 0;
  if (absl::SimpleAtoi(head.Header("content-length"), &length) && length > bytes_max)
    return Refusal(head, RequestTooLarge(bytes_max), kTooLarge);
  return bytes_max;
}

HttpAnswer Gateway::TooLarge(const HttpRequest& head, size_t bytes_max) {
  return Refusal(head, RequestTooLarge(bytes_max), kTooLarge);
}

HttpAnswer Gateway::Overloaded(const HttpRequest& head) {
  rpc::metrics::Refusals(kQueue).Increment();
  return Refusal(head, vivier::Overloaded(kQueue), HttpStatusOf(absl::StatusCode::kUnavailable));
}

void Gateway::Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) {
  const Route* route = Find(request);
  if (route == nullptr) return options_.beside->Handle(std::move(request), std::move(exchange));
  HandleCall(std::move(request), *route, std::move(exchange));
}

void Gateway::Refuse(const std::shared_ptr<Call>& call, Exchange& exchange,
                     const absl::Status& status) {
  call->Ended(status);
  exchange.Answer([call, status] {
    return Guarded(RefusalOf(call->writing.form, status), call->allowed_origin);
  });
}

void Gateway::HandleCall(HttpRequest request, const Route& route,
                         std::shared_ptr<Exchange> exchange) {
  auto call = std::make_shared<Call>(*this, route, request);
  if (!call->HasRoom()) {
    rpc::metrics::Refusals(kQueue).Increment();
    return Refuse(call, *exchange, vivier::Overloaded(kQueue));
  }
  const bool by_cookie = options_.authorization != nullptr &&
                         request.Header("authorization").empty() &&
                         !request.Header("cookie").empty();
  if (!by_cookie) return Ask(call, std::move(request), exchange);
  const auto kept = std::make_shared<HttpRequest>(std::move(request));
  options_.authorization(*kept, [this, call, kept, exchange](absl::StatusOr<std::string> token) {
    if (!token.ok()) return Refuse(call, *exchange, token.status());
    if (!token->empty())
      kept->headers.emplace(kept->headers.begin(), "authorization", *std::move(token));
    Ask(call, std::move(*kept), exchange);
  });
}

void Gateway::Ask(const std::shared_ptr<Call>& call, HttpRequest request,
                  const std::shared_ptr<Exchange>& exchange) {
  const Route& route = call->route;
  if (route.is_public && IsStrangers(request)) {
    const absl::Status entered =
        call->EnterAsStranger(public_callers_, AddressOfCaller(request), options_.now());
    if (!entered.ok()) return Refuse(call, *exchange, entered);
  }
  absl::StatusOr<Asked> asked = Read(std::move(request), call->writing.form, route);
  if (!asked.ok()) return Refuse(call, *exchange, asked.status());
  call->trace = asked->trace;
  const std::string path = rpc::PathOf(*route.method);
  if (route.streams()) {
    auto source = std::make_shared<StreamSource>(
        call->writing, [call](const absl::Status& status) { call->Ended(status); });
    source->Start(*route.channel, path, asked->request, asked->options);
    return exchange->Answer([call, source] {
      return Guarded(StreamAnswer(call->writing.form, source), call->allowed_origin);
    });
  }
  route.channel->Start(
      path, asked->request, asked->options, [call, exchange](absl::StatusOr<std::string> result) {
        call->Ended(result.status());
        exchange->Answer([call, result = std::move(result)]() mutable {
          return Guarded(AnswerOf(call->writing, std::move(result)), call->allowed_origin);
        });
      });
}

}  // namespace vivier::web
