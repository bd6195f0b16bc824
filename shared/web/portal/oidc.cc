#include "shared/web/portal/oidc.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/secret_file.h"
#include "shared/security/tokens/key_document.h"
#include "shared/signin/issuer.h"

namespace vivier::web {
namespace {

constexpr char kPurpose[] = "vivier web login";
constexpr absl::Duration kAttemptLife = absl::Minutes(10);
constexpr absl::Duration kTokenLife = absl::Minutes(5);  // where the issuer does not say

absl::Status NotSignedIn(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               absl::StrCat("nobody was signed in: ", why));
}

void Add(const std::string& name, const std::string& value, signin::Form& fields) {
  if (!value.empty()) fields.emplace_back(name, value);
}

}  // namespace

absl::Status CheckSignIn(const config::v1::Web& web) {
  if (!web.has_sign_in()) return absl::OkStatus();
  const config::v1::SignIn& sign_in = web.sign_in();
  const std::string field = "web.sign_in.";
  if (sign_in.client_id().empty()) return InvalidField(field + "client_id", "is required");
  if (web.session_key_file().empty())
    return InvalidField("web.session_key_file", "is required where people sign in");
  for (const auto& [name, url] :
       {std::pair("authorization_endpoint", &sign_in.authorization_endpoint()),
        {"token_endpoint", &sign_in.token_endpoint()},
        {"redirect_url", &sign_in.redirect_url()}}) {
    if (absl::StartsWith(*url, "file:")) return InvalidField(field + name, "is no address");
    RETURN_IF_ERROR(security::CheckKeyAddress(field + name, *url));
  }
  return absl::OkStatus();
}

Attempt NewAttempt(absl::Time now) { return {signin::NewVerifier(), signin::NewVerifier(), now}; }

std::string SealAttempt(const security::Key& key, const Attempt& attempt) {
  return SealTexts(
      key, kPurpose,
      {attempt.state, attempt.verifier, absl::StrCat(absl::ToUnixSeconds(attempt.began))});
}

absl::StatusOr<Attempt> UnsealAttempt(const security::Key& key, absl::string_view cookie,
                                      absl::string_view state, absl::Time now) {
  const absl::StatusOr<std::vector<std::string>> texts = UnsealTexts(key, kPurpose, cookie);
  int64_t began = 0;
  if (!texts.ok() || texts->size() != 3 || !absl::SimpleAtoi((*texts)[2], &began))
    return NotSignedIn("this browser did not begin here");
  Attempt attempt{(*texts)[0], (*texts)[1], absl::FromUnixSeconds(began)};
  if (state.empty() || attempt.state != state)
    return NotSignedIn("the answer belongs to another attempt");
  if (now >= attempt.began + kAttemptLife) return NotSignedIn("it took longer than ten minutes");
  return attempt;
}

absl::StatusOr<std::string> FieldOf(absl::string_view query, absl::string_view name) {
  std::optional<std::string> found;
  for (absl::string_view pair : absl::StrSplit(query, '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.first != name) continue;
    if (found.has_value()) return InvalidField(name, "is there twice");
    found = signin::Decoded(parts.second);
  }
  return found.value_or("");
}

std::string AuthorizationUrl(const config::v1::SignIn& sign_in, const Attempt& attempt) {
  signin::Form fields = {{"response_type", "code"},
                         {"client_id", sign_in.client_id()},
                         {"redirect_uri", sign_in.redirect_url()},
                         {"scope", sign_in.scope().empty() ? "openid" : sign_in.scope()},
                         {"state", attempt.state},
                         {"code_challenge", signin::ChallengeOf(attempt.verifier)},
                         {"code_challenge_method", "S256"}};
  Add("resource", sign_in.resource(), fields);
  const char* mark = absl::StrContains(sign_in.authorization_endpoint(), "?") ? "&" : "?";
  return absl::StrCat(sign_in.authorization_endpoint(), mark, signin::Encoded(fields));
}

signin::Form CodeRequest(const config::v1::SignIn& sign_in, const std::string& code,
                         const Attempt& attempt) {
  signin::Form fields = {{"grant_type", "authorization_code"},
                         {"code", code},
                         {"redirect_uri", sign_in.redirect_url()},
                         {"client_id", sign_in.client_id()},
                         {"code_verifier", attempt.verifier}};
  Add("resource", sign_in.resource(), fields);
  return fields;
}

signin::Form RefreshRequest(const config::v1::SignIn& sign_in, const std::string& refresh_token) {
  signin::Form fields = {{"grant_type", "refresh_token"},
                         {"refresh_token", refresh_token},
                         {"client_id", sign_in.client_id()}};
  Add("resource", sign_in.resource(), fields);
  return fields;
}

absl::StatusOr<Session> SessionOf(const config::v1::SignIn& sign_in, const signin::Answer& answer,
                                  absl::Time ends, absl::Time now) {
  const std::string token = answer.Text(sign_in.shows_id_token() ? "id_token" : "access_token");
  if (token.empty()) return Unavailable("the issuer's answer has no token");
  const double life = answer.Number("expires_in");
  Session session;
  session.ends = ends;
  session.token_ends = now + (life > 0 ? absl::Seconds(life) : kTokenLife);
  session.authorization = absl::StrCat("Bearer ", token);
  session.refresh_token = answer.Text("refresh_token");
  return session;
}

absl::StatusOr<signin::Answer> Ask(const config::v1::SignIn& sign_in, signin::Form form) {
  if (!sign_in.client_secret_file().empty()) {
    ASSIGN_OR_RETURN(const std::string secret,
                     security::ReadSecretFile(sign_in.client_secret_file()));
    form.emplace_back("client_secret", std::string(absl::StripTrailingAsciiWhitespace(secret)));
  }
  ASSIGN_OR_RETURN(signin::Answer answer,
                   signin::Post(sign_in.token_endpoint(), form, sign_in.authority_file()));
  if (answer.status >= 500)
    return Unavailable(absl::StrCat("the issuer answers with ", answer.status));
  if (answer.status != 200)
    return NotSignedIn(absl::StrCat("the issuer answers with ", answer.status));
  return answer;
}

}  // namespace vivier::web
