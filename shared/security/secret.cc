#include "shared/security/secret.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/hash.h"
#include "shared/base/random.h"

namespace vivier::security {
namespace {

// By which programs that look for secrets in the wrong places find these.
constexpr char kPrefix[] = "vivier_";
constexpr size_t kRandomBytes = 32;

}  // namespace

std::string NewSecret() {
  std::string bytes(kRandomBytes, '\0');
  FillRandom(bytes.data(), bytes.size());
  return absl::StrCat(kPrefix, absl::WebSafeBase64Escape(bytes));
}

bool IsSecret(absl::string_view token) { return absl::StartsWith(token, kPrefix); }

std::string PrincipalOf(absl::string_view secret) { return absl::StrCat("#", Hex(Sha256(secret))); }

bool IsPrincipalOfSecret(absl::string_view principal) { return absl::StartsWith(principal, "#"); }

}  // namespace vivier::security
