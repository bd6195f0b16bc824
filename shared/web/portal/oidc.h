// Signing in with an OpenID Connect issuer: the authorization code flow with PKCE (RFC 7636), of
// which the browser sees the code and never a token. What the issuer says is not believed here: the
// services check the signature of each token that they are shown. Functions without state,
// thread-safe; Ask blocks.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/signin/http.h"
#include "shared/web/portal/session.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::web {

// INVALID_ARGUMENT names the field that is missing or unsafe; nothing where sign_in is absent.
absl::Status CheckSignIn(const config::v1::Web& web);

// One attempt to sign in, which the browser keeps sealed until the issuer sends it back.
struct Attempt {
  std::string state;     // that the answer belongs to it
  std::string verifier;  // that the code is asked for by whoever began
  absl::Time began;
};
Attempt NewAttempt(absl::Time now);
std::string SealAttempt(const security::Key& key, const Attempt& attempt);
// UNAUTHENTICATED unless it was begun here, lately, with that state.
absl::StatusOr<Attempt> UnsealAttempt(const security::Key& key, absl::string_view cookie,
                                      absl::string_view state, absl::Time now);

// What a query says in its field of that name, which stands in it once at most.
absl::StatusOr<std::string> FieldOf(absl::string_view query, absl::string_view name);

// Where the browser is sent.
std::string AuthorizationUrl(const config::v1::SignIn& sign_in, const Attempt& attempt);
// What the token endpoint is sent.
signin::Form CodeRequest(const config::v1::SignIn& sign_in, const std::string& code,
                         const Attempt& attempt);
signin::Form RefreshRequest(const config::v1::SignIn& sign_in, const std::string& refresh_token);

// The session of what the token endpoint answered; UNAVAILABLE where that is no answer.
absl::StatusOr<Session> SessionOf(const config::v1::SignIn& sign_in, const signin::Answer& answer,
                                  absl::Time ends, absl::Time now);

// Asks the token endpoint. UNAVAILABLE where it does not answer, UNAUTHENTICATED where it refuses.
absl::StatusOr<signin::Answer> Ask(const config::v1::SignIn& sign_in, signin::Form form);

}  // namespace vivier::web
