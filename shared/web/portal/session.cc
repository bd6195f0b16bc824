#include "shared/web/portal/session.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/tokens/base64url.h"
#include "shared/web/portal/cookies.h"
#include "shared/web/server/head.h"

namespace vivier::web {
namespace {

constexpr char kVersion[] = "1";
constexpr char kPurpose[] = "vivier web session";
constexpr size_t kLines = 8;

absl::Status NoSession(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               absl::StrCat("the session is not good: ", why));
}

std::string TimeText(absl::Time time) { return absl::StrCat(absl::ToUnixSeconds(time)); }

bool ReadTime(const std::string& text, absl::Time& time) {
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(text, &seconds)) return false;
  time = absl::FromUnixSeconds(seconds);
  return true;
}

}  // namespace

std::string SealTexts(const security::Key& key, absl::string_view purpose,
                      const std::vector<std::string>& texts) {
  return absl::WebSafeBase64Escape(security::Encrypt(key, absl::StrJoin(texts, "\n"), purpose));
}

absl::StatusOr<std::vector<std::string>> UnsealTexts(const security::Key& key,
                                                     absl::string_view purpose,
                                                     absl::string_view cookie) {
  const std::optional<std::string> sealed = security::DecodeBase64Url(cookie);
  if (!sealed.has_value()) return NoSession("it is no base64url");
  const absl::StatusOr<std::string> text = security::Decrypt(key, *sealed, purpose);
  if (!text.ok()) return NoSession("it was not made here");
  return std::vector<std::string>(absl::StrSplit(*text, '\n'));
}

absl::StatusOr<std::string> Seal(const security::Key& key, const Session& session) {
  for (const std::string* text : {&session.authorization, &session.refresh_token, &session.name,
                                  &session.purpose, &session.resource})
    if (!IsPrintable(*text)) return NoSession("a token holds what no header may");
  for (const bool with_refresh : {true, false}) {
    std::string cookie =
        SealTexts(key, kPurpose,
                  {kVersion, TimeText(session.ends), TimeText(session.token_ends),
                   session.authorization, with_refresh ? session.refresh_token : "", session.name,
                   session.purpose, session.resource});
    if (cookie.size() <= kCookieBytesMax) return cookie;
  }
  return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
               "the issuer's token is longer than a browser keeps");
}

absl::StatusOr<Session> Unseal(const security::Key& key, absl::string_view cookie, absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, UnsealTexts(key, kPurpose, cookie));
  Session session;
  if (lines.size() != kLines || lines[0] != kVersion || !ReadTime(lines[1], session.ends) ||
      !ReadTime(lines[2], session.token_ends))
    return NoSession("it is of another version");
  if (now >= session.ends) return NoSession("it has ended");
  session.authorization = lines[3];
  session.refresh_token = lines[4];
  session.name = lines[5];
  session.purpose = lines[6];
  session.resource = lines[7];
  return session;
}

}  // namespace vivier::web
