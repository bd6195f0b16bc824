// Secrets that the site itself hands out and that are shown as bearer tokens: those of links,
// invitations and programs, and the tokens of the sessions that they open. A secret says nothing of
// itself; what its bearer may do is found by its hash among the rights (shared/service/rights.h).
// Thread-safe.
//
//   secret    := "vivier_" base64url(32 random bytes)
//   principal := "#" hex(SHA-256(secret))
//
// Whoever reads every table learns no secret, for 256 random bits cannot be guessed from their
// hash. For the same reason a look-up by hash needs no comparison in constant time: how far two
// hashes agree says nothing of the secret.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::security {

std::string NewSecret();

// Whether a bearer token is meant to be one; no JWT (RFC 7519) begins so.
bool IsSecret(absl::string_view token);

// What the bearer is called where their rights are kept. No issuer's subject and no member begins
// with "#".
std::string PrincipalOf(absl::string_view secret);
bool IsPrincipalOfSecret(absl::string_view principal);

}  // namespace vivier::security
