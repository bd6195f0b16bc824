#include "shared/security/statement.h"

#include "absl/strings/str_cat.h"
#include "shared/base/hash.h"

namespace vivier::security {
namespace {

std::string TextOf(absl::string_view kind, const std::vector<std::string>& fields) {
  const std::vector<absl::string_view> views(fields.begin(), fields.end());
  return absl::StrCat(kind, " ", Hex(ChainHash("", views)));
}

}  // namespace

std::string SignStatement(EVP_PKEY& key, absl::string_view kind,
                          const std::vector<std::string>& fields) {
  return SignEd25519(key, TextOf(kind, fields));
}

bool IsStatementSigned(absl::string_view public_key, absl::string_view signature,
                       absl::string_view kind, const std::vector<std::string>& fields) {
  const auto key = ParsePublicKeyLine(public_key);
  std::string bytes;
  return key.ok() && absl::Base64Unescape(signature, &bytes) &&
         IsSignedEd25519(**key, TextOf(kind, fields), bytes);
}

}  // namespace vivier::security
