#include "shared/web/portal/doors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/network.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/security/secret.h"
#include "shared/web/asked.h"
#include "shared/web/gzip.h"
#include "shared/web/portal/cookies.h"
#include "shared/web/portal/same_site.h"
#include "shared/web/portal/schema.h"
#include "shared/web/refusal.h"
#include "shared/web/server/head.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

constexpr size_t kBodyBytesMax = 1024;
constexpr int kWorkers = 4;  // that wait for an issuer, or for a service
constexpr char kLink[] = "/-/link";
constexpr char kSession[] = "/-/session", kSchema[] = "/-/schema", kSignIn[] = "/-/sign-in",
               kSignedIn[] = "/-/signed-in", kRenew[] = "/-/renew", kSignOut[] = "/-/sign-out";

HttpAnswer Plain(int status, Headers headers, std::string body) {
  headers.emplace_back("cache-control", "no-store");
  for (auto& guard : Pages::Guards()) headers.push_back(std::move(guard));
  return {status, std::move(headers), std::move(body), nullptr};
}

HttpAnswer Json(int status, std::string body) {
  return Plain(status, {{"content-type", "application/json"}}, std::move(body));
}

HttpAnswer Refusal(const absl::Status& status) {
  return Json(HttpStatusOf(status.code()), ConnectError(status));
}

HttpAnswer NoSuchPath() {
  return Json(404, ConnectError(Error(absl::StatusCode::kUnimplemented, "NOT_FOUND",
                                      "there is no such path; an rpc is /PACKAGE.SERVICE/METHOD")));
}

// To a page of ours, never to where a request says.
HttpAnswer To(const std::string& location) { return Plain(303, {{"location", location}}, ""); }

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// What a person who comes back from the issuer reads: a page that needs no session and no script.
HttpAnswer NobodySignedIn(const absl::Status& status) {
  Log(LogLevel::kWarning, "nobody was signed in", {{"error", status.message()}});
  static const std::string& page = []() -> const std::string& {
    for (const CompiledPage& one : CompiledPages())
      if (one.file == std::string("not-signed-in.html")) return one.text;
    return CompiledPages().front().text;
  }();
  HttpAnswer answer =
      Plain(HttpStatusOf(status.code()), {{"content-type", "text/html; charset=utf-8"}},
            absl::StrReplaceAll(page, {{"<!-- reason -->", Escaped(status.message())}}));
  answer.headers.emplace_back("set-cookie", SetCookie(kLoginCookie, "", absl::ZeroDuration()));
  return answer;
}

bool IsPost(const std::string& path) {
  return path == kRenew || path == kSignOut || path == kSignIn || path == kLink;
}

HttpAnswer WithCookie(HttpAnswer answer, const absl::StatusOr<std::string>& cookie) {
  if (!cookie.ok()) return NobodySignedIn(cookie.status());
  answer.headers.emplace_back("set-cookie", *cookie);
  answer.headers.emplace_back("set-cookie", SetCookie(kLoginCookie, "", absl::ZeroDuration()));
  return answer;
}

bool IsGet(const std::string& path) {
  return path == kSession || path == kSchema || path == kSignIn || path == kSignedIn;
}

void AddTexts(const std::vector<std::string>& texts, pb::Value& value) {
  auto& list = *value.mutable_list_value();
  for (const std::string& text : texts) list.add_values()->set_string_value(text);
}

}  // namespace

Doors::Doors(Options options, const Routes& routes)
    : options_(std::move(options)),
      schema_(SchemaOf(routes)),
      packed_schema_(Gzip(schema_)),
      rpcs_(routes),
      workers_(kWorkers),
      continuing_(1),
      signed_in_(rpcs_, {options_.key,
                         options_.web.sign_in(),
                         {options_.schools, options_.now, [this](std::function<void()> go_on) {
                            if (!continuing_.Submit(go_on).ok()) go_on();
                          }}}) {}

Doors::~Doors() {
  workers_.Stop();
  continuing_.Stop();
}

void Doors::Identify(const HttpRequest& request, const Told& told) {
  if (!request.Header("authorization").empty()) return told("");
  const absl::StatusOr<Session> session = signed_in_.In(request);
  if (!session.ok()) return told("");  // nobody, and the services say what that means
  if (const absl::Status same = CheckSameSite(request); !same.ok()) return told(same);
  signed_in_.Check(*session,
                   [told, authorization = session->authorization](const absl::Status& status) {
                     if (!status.ok()) return told(status);
                     told(authorization);
                   });
}

std::variant<size_t, HttpAnswer> Doors::Admit(const HttpRequest& head) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (const HttpAnswer* page = pages_.Find(head.path, TakesGzip(head)); page != nullptr)
    return reads ? *page : Plain(405, {{"allow", "GET"}}, "");
  if (head.method == "GET" && IsGet(head.path)) return kBodyBytesMax;
  if (head.method != "POST" || !IsPost(head.path)) return NoSuchPath();
  if (const absl::Status same = CheckSameSite(head); !same.ok()) return Refusal(same);
  return kBodyBytesMax;
}

HttpAnswer Doors::TooLarge(const HttpRequest&, size_t) { return Plain(413, {}, ""); }

HttpAnswer Doors::Overloaded(const HttpRequest&) { return Plain(503, {}, ""); }

void Doors::Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) {
  if (request.path == kSession) return Tell(request, exchange);
  const bool begins = request.path == kSignIn && request.method == "GET";
  if (request.path == kSchema || begins)
    return exchange->Answer([this, begins, request = std::move(request)] {
      return begins ? Begin() : Schema(request);
    });
  const absl::Status submitted = workers_.Submit([this, exchange, request = std::move(request)] {
    auto answer = std::make_shared<HttpAnswer>(Slowly(request));
    exchange->Answer([answer] { return std::move(*answer); });
  });
  if (!submitted.ok()) exchange->Answer([submitted] { return Refusal(submitted); });
}

HttpAnswer Doors::Slowly(const HttpRequest& request) {
  if (request.path == kSignIn) return AsRole(request);
  if (request.path == kSignedIn) return Back(request);
  if (request.path == kRenew) return Renew(request);
  if (request.path == kLink) return Follow(request);
  return SignOut(request);
}

HttpAnswer Doors::Schema(const HttpRequest& request) const {
  if (!TakesGzip(request)) return Json(200, schema_);
  return Plain(200, {{"content-type", "application/json"}, {"content-encoding", "gzip"}},
               packed_schema_);
}

// A session that was ended is none. Of one whose token has ended access says nothing before it is
// renewed.
void Doors::Tell(const HttpRequest& request, const std::shared_ptr<Exchange>& exchange) {
  const auto answer = [this, exchange](const absl::StatusOr<Session>& session) {
    exchange->Answer([this, session] { return SessionAnswer(session); });
  };
  const absl::StatusOr<Session> session = signed_in_.In(request);
  if (!session.ok() || session->token_ends <= options_.now()) return answer(session);
  signed_in_.Check(*session, [answer, session](const absl::Status& status) {
    answer(absl::IsUnauthenticated(status) ? absl::StatusOr<Session>(status) : session);
  });
}

HttpAnswer Doors::SessionAnswer(const absl::StatusOr<Session>& session) const {
  pb::Struct object;
  auto& fields = *object.mutable_fields();
  fields["signedIn"].set_bool_value(session.ok());
  fields["issuer"].set_bool_value(options_.web.has_sign_in());
  AddTexts(options_.roles, fields["roles"]);
  AddTexts(options_.schools, fields["schools"]);
  if (session.ok()) {
    fields["secondsLeft"].set_number_value(
        absl::ToDoubleSeconds(session->token_ends - options_.now()));
    fields["renews"].set_bool_value(!session->refresh_token.empty());
    fields["name"].set_string_value(session->name);
    fields["purpose"].set_string_value(session->purpose);
    fields["resource"].set_string_value(session->resource);
  }
  std::string json;
  if (!pb::util::MessageToJsonString(object, &json).ok()) json = "{}";
  return Json(200, json);
}

HttpAnswer Doors::Begin() const {
  if (!options_.web.has_sign_in()) return NoSuchPath();
  const Attempt attempt = NewAttempt(options_.now());
  HttpAnswer answer = To(AuthorizationUrl(options_.web.sign_in(), attempt));
  answer.headers.emplace_back(
      "set-cookie", SetCookie(kLoginCookie, SealAttempt(options_.key, attempt), absl::Minutes(10)));
  return answer;
}

HttpAnswer Doors::AsRole(const HttpRequest& request) {
  const absl::StatusOr<pb::Struct> asked = ObjectOf(request.body);
  if (!asked.ok()) return Refusal(asked.status());
  const std::string role = TextOf(*asked, "role");
  if (std::find(options_.roles.begin(), options_.roles.end(), role) == options_.roles.end())
    return Refusal(InvalidField("role", "has no button here"));
  const absl::StatusOr<std::string> token = options_.token_of_role(role);
  if (!token.ok()) return Refusal(token.status());
  const absl::Time now = options_.now();
  const absl::StatusOr<Session> session =
      signed_in_.Open({now + kSessionLife, now + kSessionLife, *token, ""}, request);
  return session.ok() ? WithCookie(Json(200, "{}"), signed_in_.Cookie(*session))
                      : Refusal(session.status());
}

HttpAnswer Doors::Back(const HttpRequest& request) {
  const config::v1::SignIn& sign_in = options_.web.sign_in();
  const absl::Time now = options_.now();
  const auto session = [&]() -> absl::StatusOr<Session> {
    ASSIGN_OR_RETURN(const std::string state, FieldOf(request.query, "state"));
    ASSIGN_OR_RETURN(
        const Attempt attempt,
        UnsealAttempt(options_.key, CookieOf(request, kLoginCookie).value_or(""), state, now));
    ASSIGN_OR_RETURN(const std::string code, FieldOf(request.query, "code"));
    if (code.empty())
      return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
                   "nobody was signed in: the issuer sent no code");
    ASSIGN_OR_RETURN(const signin::Answer answer,
                     Ask(sign_in, CodeRequest(sign_in, code, attempt)));
    ASSIGN_OR_RETURN(Session begun, SessionOf(sign_in, answer, now + kSessionLife, now));
    return signed_in_.Open(std::move(begun), request);
  }();
  return session.ok() ? WithCookie(To("/"), signed_in_.Cookie(*session))
                      : NobodySignedIn(session.status());
}

// Access is asked with the new token, for the one before may have ended.
HttpAnswer Doors::Renew(const HttpRequest& request) {
  const absl::StatusOr<Session> session = signed_in_.In(request);
  const absl::StatusOr<Session> renewed = session.ok() ? signed_in_.Renew(*session) : session;
  if (!renewed.ok()) return Refusal(renewed.status());
  const absl::Status goes_on = signed_in_.GoesOn(*renewed);
  return goes_on.ok() ? WithCookie(Json(200, "{}"), signed_in_.Cookie(*renewed)) : Refusal(goes_on);
}

// The cookie goes in any case; where access did not hear of it, a copy of the cookie is still good.
HttpAnswer Doors::SignOut(const HttpRequest& request) {
  const absl::Status ended = signed_in_.End(request);
  if (!ended.ok())
    Log(LogLevel::kWarning, "a session was not ended at access", {{"error", ended.message()}});
  HttpAnswer answer = ended.ok() ? Json(200, "{}") : Refusal(ended);
  answer.headers.emplace_back("set-cookie", SetCookie(kSessionCookie, "", absl::ZeroDuration()));
  return answer;
}

absl::StatusOr<Session> Doors::Redeemed(const HttpRequest& request) {
  const absl::Time now = options_.now();
  ASSIGN_OR_RETURN(const PublicCallers::Place place,
                   strangers_.Enter(LineOf(AddressOfCaller(request)), now));
  ASSIGN_OR_RETURN(const pb::Struct asked, ObjectOf(request.body));
  const std::string secret = TextOf(asked, "secret");
  if (!security::IsSecret(secret) || !IsPrintable(secret))
    return InvalidField("secret", "is none of a link");
  ASSIGN_OR_RETURN(const pb::Struct answer,
                   rpcs_.Ask(kRedeemLink,
                             JsonOf({{"parent", absl::StrCat("schools/", TextOf(asked, "school"))},
                                     {"requestId", TextOf(asked, "requestId")}}),
                             absl::StrCat("Bearer ", secret)));
  Session session;
  if (!absl::ParseTime(absl::RFC3339_full, TextOf(answer, "expireTime"), &session.ends, nullptr))
    return Internal("the session of a link has no end");
  session.ends = std::min(session.ends, now + kSessionLife);
  session.token_ends = session.ends;
  session.authorization = absl::StrCat("Bearer ", TextOf(answer, "token"));
  session.purpose = TextOf(answer, "purpose");
  session.resource = TextOf(answer, "resource");
  return session;
}

HttpAnswer Doors::Follow(const HttpRequest& request) {
  const absl::StatusOr<Session> session = Redeemed(request);
  if (!session.ok()) return Refusal(session.status());
  signed_in_.Replace(request);
  return WithCookie(Json(200, "{}"), signed_in_.Cookie(*session));
}

}  // namespace vivier::web
