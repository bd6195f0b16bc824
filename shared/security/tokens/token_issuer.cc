#include <unistd.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/status.h"
#include "shared/security/tokens/token.h"

namespace vivier::security {
namespace {

std::string Encoded(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) std::abort();
  return absl::WebSafeBase64Escape(json);
}

}  // namespace

absl::StatusOr<TokenIssuer> TokenIssuer::FromFile(const std::string& path, bool create) {
  if (create && access(path.c_str(), F_OK) != 0) {
    // Another process may have created it meanwhile; then its key is the one.
    const absl::Status created = CreateSigningKey(path);
    if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<EVP_PKEY> key, ReadSigningKey(path));
  return TokenIssuer(std::move(key));
}

absl::StatusOr<TokenIssuer> TokenIssuer::Ephemeral() {
  ASSIGN_OR_RETURN(std::shared_ptr<EVP_PKEY> key, NewSigningKey());
  return TokenIssuer(std::move(key));
}

std::string TokenIssuer::Issue(const v1::TokenClaims& claims) const {
  v1::TokenHeader header;
  header.set_alg("EdDSA");
  header.set_kid(key_id_);
  header.set_typ("JWT");
  const std::string text = absl::StrCat(Encoded(header), ".", Encoded(claims));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(SignEd25519(*key_, text)));
}

}  // namespace vivier::security
