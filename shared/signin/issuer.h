// One issuer of OpenID Connect as a public client asks it for tokens: where it answers, and the
// three ways to a token (RFC 8628 device code, RFC 8252 and 7636 browser with PKCE, refresh). A
// value, thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/signin/http.h"

namespace vivier::signin {

// Who asks, for what.
struct Client {
  std::string issuer;
  std::string authority_file;
  std::string id;
  std::string scope;     // "openid offline_access"
  std::string resource;  // RFC 8707; "" where the issuer needs none
};

struct Tokens {
  std::string access_token;
  std::string refresh_token;  // "" where the issuer gives none
  absl::Time expire_time;
};

// What a person is shown who signs in with a device code.
struct DeviceCode {
  std::string device_code, user_code, address;
  absl::Duration interval;
  absl::Time expire_time;
};

// Whether both are what a terminal shows as it stands: printable ASCII, and an address of the web.
bool CanBeShown(const DeviceCode& code);

// Where it answers, as its discovery document says it.
struct Endpoints {
  std::string authorization, token, device, keys;  // "" for one that it does not have
};

class Issuer {
 public:
  // Reads its discovery document, which must name the same issuer.
  static absl::StatusOr<Issuer> Discover(const Client& client);

  const Endpoints& endpoints() const { return endpoints_; }

  absl::StatusOr<DeviceCode> BeginDevice() const;
  // Asks until the person has decided; `pause` waits, at least as long as the issuer asks for.
  absl::StatusOr<Tokens> AwaitDevice(DeviceCode code,
                                     const std::function<void(absl::Duration)>& pause) const;

  // Where the browser goes. `challenge` is ChallengeOf of the verifier that Exchange shows.
  std::string AuthorizationAddress(const std::string& redirect, const std::string& state,
                                   const std::string& challenge) const;
  absl::StatusOr<Tokens> Exchange(const std::string& code, const std::string& redirect,
                                  const std::string& verifier) const;

  absl::StatusOr<Tokens> Refresh(const std::string& refresh_token) const;

 private:
  absl::StatusOr<Tokens> Ask(Form form) const;
  Form WithClient(Form form) const;

  Client client_;
  Endpoints endpoints_;
};

// Of PKCE: 256 random bits, and their SHA-256, both base64url.
std::string NewVerifier();
std::string ChallengeOf(const std::string& verifier);

}  // namespace vivier::signin
