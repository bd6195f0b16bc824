// The tokens that a person of this machine signed in for, a file for each issuer, 0600, in
// $XDG_CONFIG_HOME/vivier or ~/.config/vivier:
//
//   {"issuer": …, "client_id": …, "scope": …, "resource": …,
//    "access_token": …, "refresh_token": …, "expire_time": seconds since 1970}
//
// A file is replaced as a whole. Functions without state, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "shared/signin/issuer.h"

namespace vivier::signin {

struct SignedIn {
  Client client;
  Tokens tokens;
};

// Nothing where nobody signed in at that issuer; FAILED_PRECONDITION where others may read the
// file.
absl::StatusOr<std::optional<SignedIn>> Load(const std::string& issuer);
// The path of the file.
absl::StatusOr<std::string> Save(const SignedIn& signed_in);
// Whether there was one.
bool Forget(const std::string& issuer);

// The access token, refreshed where it ends within a minute. Nothing where nobody signed in;
// UNAUTHENTICATED where they have to again.
absl::StatusOr<std::optional<std::string>> AccessToken(const std::string& issuer,
                                                       const std::string& authority_file);

}  // namespace vivier::signin
