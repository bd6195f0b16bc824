#include "shared/signin/issuer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/random.h"
#include "shared/base/status.h"

namespace vivier::signin {
namespace {

constexpr absl::Duration kIntervalMin = absl::Seconds(1);
constexpr absl::Duration kInterval = absl::Seconds(5);  // RFC 8628, section 3.5
constexpr char kDeviceGrant[] = "urn:ietf:params:oauth:grant-type:device_code";

absl::Status Refusal(const std::string& issuer, const Answer& answer) {
  const std::string error = answer.Text("error"), why = answer.Text("error_description");
  return Error(absl::StatusCode::kUnauthenticated, "SIGN_IN_REFUSED",
               absl::StrCat(issuer, " refuses: ",
                            error.empty() ? absl::StrCat("HTTP status ", answer.status) : error,
                            why.empty() ? "" : ", ", why),
               {{"issuer", issuer}, {"error", error}});
}

Tokens TokensOf(const Answer& answer) {
  return {answer.Text("access_token"), answer.Text("refresh_token"),
          absl::Now() + absl::Seconds(answer.Number("expires_in"))};
}

}  // namespace

absl::StatusOr<Issuer> Issuer::Discover(const Client& client) {
  const std::string address =
      absl::StrCat(absl::StripSuffix(client.issuer, "/"), "/.well-known/openid-configuration");
  ASSIGN_OR_RETURN(const Answer answer, Get(address, client.authority_file));
  if (answer.status != 200 || answer.Text("token_endpoint").empty())
    return Unavailable(absl::StrCat(address, " is no discovery document"));
  if (answer.Text("issuer") != client.issuer)
    return Error(absl::StatusCode::kFailedPrecondition, "OTHER_ISSUER",
                 absl::StrCat(address, " speaks of the issuer ", answer.Text("issuer")));
  Issuer issuer;
  issuer.client_ = client;
  issuer.endpoints_ = {answer.Text("authorization_endpoint"), answer.Text("token_endpoint"),
                       answer.Text("device_authorization_endpoint"), answer.Text("jwks_uri")};
  return issuer;
}

Form Issuer::WithClient(Form form) const {
  form.emplace_back("client_id", client_.id);
  if (!client_.resource.empty()) form.emplace_back("resource", client_.resource);
  return form;
}

absl::StatusOr<Tokens> Issuer::Ask(Form form) const {
  ASSIGN_OR_RETURN(const Answer answer,
                   Post(endpoints_.token, WithClient(std::move(form)), client_.authority_file));
  if (answer.status != 200 || answer.Text("access_token").empty())
    return Refusal(client_.issuer, answer);
  return TokensOf(answer);
}

absl::StatusOr<DeviceCode> Issuer::BeginDevice() const {
  if (endpoints_.device.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "NO_DEVICE_CODE",
                 absl::StrCat(client_.issuer, " gives no device codes; sign in with --browser"));
  ASSIGN_OR_RETURN(
      const Answer answer,
      Post(endpoints_.device, WithClient({{"scope", client_.scope}}), client_.authority_file));
  if (answer.status != 200 || answer.Text("device_code").empty())
    return Refusal(client_.issuer, answer);
  const std::string complete = answer.Text("verification_uri_complete");
  const double interval = answer.Number("interval");
  DeviceCode code{answer.Text("device_code"), answer.Text("user_code"),
                  complete.empty() ? answer.Text("verification_uri") : complete,
                  interval > 0 ? absl::Seconds(interval) : kInterval,
                  absl::Now() + absl::Seconds(answer.Number("expires_in"))};
  if (!CanBeShown(code))
    return Error(absl::StatusCode::kFailedPrecondition, "SIGN_IN_REFUSED",
                 absl::StrCat(client_.issuer, " gives a code or an address that cannot be shown"));
  return code;
}

absl::StatusOr<Tokens> Issuer::AwaitDevice(DeviceCode code,
                                           const std::function<void(absl::Duration)>& pause) const {
  while (absl::Now() < code.expire_time) {
    pause(std::max(code.interval, kIntervalMin));
    ASSIGN_OR_RETURN(
        const Answer answer,
        Post(endpoints_.token,
             WithClient({{"grant_type", kDeviceGrant}, {"device_code", code.device_code}}),
             client_.authority_file));
    if (answer.status == 200 && !answer.Text("access_token").empty()) return TokensOf(answer);
    const std::string error = answer.Text("error");
    if (error == "slow_down") code.interval += kInterval;
    if (error != "authorization_pending" && error != "slow_down")
      return Refusal(client_.issuer, answer);
  }
  return Error(absl::StatusCode::kDeadlineExceeded, "SIGN_IN_REFUSED",
               "nobody confirmed the code in time; begin again");
}

std::string Issuer::AuthorizationAddress(const std::string& redirect, const std::string& state,
                                         const std::string& challenge) const {
  return absl::StrCat(endpoints_.authorization, "?",
                      Encoded(WithClient({{"response_type", "code"},
                                          {"redirect_uri", redirect},
                                          {"scope", client_.scope},
                                          {"prompt", "consent"},
                                          {"state", state},
                                          {"code_challenge", challenge},
                                          {"code_challenge_method", "S256"}})));
}

absl::StatusOr<Tokens> Issuer::Exchange(const std::string& code, const std::string& redirect,
                                        const std::string& verifier) const {
  return Ask({{"grant_type", "authorization_code"},
              {"code", code},
              {"redirect_uri", redirect},
              {"code_verifier", verifier}});
}

absl::StatusOr<Tokens> Issuer::Refresh(const std::string& refresh_token) const {
  return Ask({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}});
}

bool CanBeShown(const DeviceCode& code) {
  const auto plain = [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); };
  const auto graphic = [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); };
  return std::all_of(code.user_code.begin(), code.user_code.end(), plain) &&
         std::all_of(code.address.begin(), code.address.end(), graphic) &&
         (absl::StartsWith(code.address, "https://") || absl::StartsWith(code.address, "http://"));
}

std::string NewVerifier() {
  std::string bytes(32, '\0');
  FillRandom(bytes.data(), bytes.size());
  return absl::WebSafeBase64Escape(bytes);
}

std::string ChallengeOf(const std::string& verifier) {
  return absl::WebSafeBase64Escape(Sha256(verifier));
}

}  // namespace vivier::signin
