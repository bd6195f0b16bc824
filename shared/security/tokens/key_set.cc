#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/security/tokens/base64url.h"
#include "shared/security/tokens/verification_key.h"

namespace vivier::security {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using KeyPointer = std::shared_ptr<EVP_PKEY>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;  // what a larger one would cost at each call is a gift to nobody
constexpr size_t kCoordinateSize = 32;
constexpr size_t kEd25519KeySize = 32;

absl::Status NoKeySet(absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "TOKEN_KEY", why);
}

unsigned char* Raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// Its text, or "" when it is absent or of another type.
std::string Text(const Struct& jwk, const char* member) {
  const auto found = jwk.fields().find(member);
  return found == jwk.fields().end() ? "" : found->second.string_value();
}

std::string Bytes(const Struct& jwk, const char* member) {
  return DecodeBase64Url(Text(jwk, member)).value_or("");
}

// Null when the parts make no sound key of that type.
KeyPointer Make(const char* type, OSSL_PARAM* parts) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parts) != 1)
    return nullptr;
  KeyPointer key(made, &EVP_PKEY_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> check(
      EVP_PKEY_CTX_new(made, nullptr), &EVP_PKEY_CTX_free);
  return EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

// RFC 7518 §6.3.1
KeyPointer RsaKey(const Struct& jwk) {
  std::string modulus = Bytes(jwk, "n"), exponent = Bytes(jwk, "e");
  const Number n(BN_bin2bn(Raw(modulus), static_cast<int>(modulus.size()), nullptr), &BN_free);
  const Number e(BN_bin2bn(Raw(exponent), static_cast<int>(exponent.size()), nullptr), &BN_free);
  if (BN_num_bits(n.get()) < kRsaBitsMin || BN_num_bits(n.get()) > kRsaBitsMax) return nullptr;
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> parts(OSSL_PARAM_BLD_new(),
                                                                              &OSSL_PARAM_BLD_free);
  if (OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> list(
      OSSL_PARAM_BLD_to_param(parts.get()), &OSSL_PARAM_free);
  return Make("RSA", list.get());
}

// RFC 7518 §6.2.1
KeyPointer EcKey(const Struct& jwk) {
  const std::string x = Bytes(jwk, "x"), y = Bytes(jwk, "y");
  if (Text(jwk, "crv") != "P-256" || x.size() != kCoordinateSize || y.size() != kCoordinateSize)
    return nullptr;
  std::string group = "P-256", point = "\x04" + x + y;  // uncompressed, SEC 1 §2.3.3
  OSSL_PARAM parts[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return Make("EC", parts);
}

// RFC 8037 §2
KeyPointer EdwardsKey(const Struct& jwk) {
  std::string x = Bytes(jwk, "x");
  if (Text(jwk, "crv") != "Ed25519" || x.size() != kEd25519KeySize) return nullptr;
  return KeyPointer(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Raw(x), x.size()),
                    &EVP_PKEY_free);
}

struct Type {
  const char* kty;
  const char* algorithm;
  KeyPointer (*make)(const Struct& jwk);
};
constexpr Type kTypes[] = {
    {"RSA", "RS256", &RsaKey}, {"EC", "ES256", &EcKey}, {"OKP", "EdDSA", &EdwardsKey}};

// What the key says of itself (RFC 7517 §4.2 to §4.4), each where it says it.
bool IsMeantFor(const Struct& jwk, const std::string& algorithm) {
  const auto& members = jwk.fields();
  if (members.contains("use") && Text(jwk, "use") != "sig") return false;
  if (members.contains("alg") && Text(jwk, "alg") != algorithm) return false;
  if (!members.contains("key_ops")) return true;
  const auto& operations = members.at("key_ops").list_value().values();
  return std::any_of(operations.begin(), operations.end(),
                     [](const Value& operation) { return operation.string_value() == "verify"; });
}

std::optional<VerificationKey> KeyOf(const Struct& jwk) {
  if (jwk.fields().contains("d")) return std::nullopt;  // whoever read the set can sign with it
  for (const Type& type : kTypes) {
    if (Text(jwk, "kty") != type.kty || !IsMeantFor(jwk, type.algorithm)) continue;
    if (KeyPointer key = type.make(jwk)) return VerificationKey{type.algorithm, std::move(key)};
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<KeySet> ParseKeySet(const std::string& json) {
  Struct document;
  if (!google::protobuf::util::JsonStringToMessage(json, &document).ok())
    return NoKeySet("the key set is not a JSON object, or it names a member twice");
  const auto list = document.fields().find("keys");
  if (list == document.fields().end() || !list->second.has_list_value())
    return NoKeySet("the key set has no keys");
  KeySet keys;
  for (const Value& jwk : list->second.list_value().values()) {
    const std::string id = Text(jwk.struct_value(), "kid");
    if (id.empty() || keys.contains(id)) continue;
    if (std::optional<VerificationKey> key = KeyOf(jwk.struct_value()))
      keys.emplace(id, *std::move(key));
  }
  return keys;
}

}  // namespace vivier::security
