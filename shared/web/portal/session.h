// Who is signed in, as the browser keeps it: encrypted, so that it can neither be read nor made by
// anybody else. Any replica with the key serves it; that it goes on, access says
// (live_sessions.h). Pure.
//
// The cookie is base64url of encryption.h's form; what is in it, a line each:
//
//   1                    the version
//   1796065609           when the session ends, whatever is renewed
//   1796062009           when the token ends
//   Bearer eyJ…          what the services are shown
//   …                    the refresh token; empty where there is none
//   schools/nancy/…      the session as access calls it; empty of a link's, which enrolment keeps
//   ANSWER_OFFER         what a link is for; empty of who signed in
//   schools/nancy/…      and the resource that it is for
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/security/encryption.h"

namespace vivier::web {

// A day's work; then people sign in again.
inline constexpr absl::Duration kSessionLife = absl::Hours(12);

struct Session {
  absl::Time ends;
  absl::Time token_ends;
  std::string authorization;
  std::string refresh_token;
  std::string name = "";
  std::string purpose = "";
  std::string resource = "";
};

// Without the refresh token where it would be longer than browsers keep. RESOURCE_EXHAUSTED, reason
// REQUEST_TOO_LARGE, where it is too long all the same.
absl::StatusOr<std::string> Seal(const security::Key& key, const Session& session);

// UNAUTHENTICATED, reason TOKEN_INVALID, for what was not sealed by the key, or has ended.
absl::StatusOr<Session> Unseal(const security::Key& key, absl::string_view cookie, absl::Time now);

// The same for a few texts, of what a browser keeps while somebody signs in. `purpose` keeps one
// kind from being taken for another.
std::string SealTexts(const security::Key& key, absl::string_view purpose,
                      const std::vector<std::string>& texts);
absl::StatusOr<std::vector<std::string>> UnsealTexts(const security::Key& key,
                                                     absl::string_view purpose,
                                                     absl::string_view cookie);

}  // namespace vivier::web
