#include "shared/security/ed25519.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "shared/base/hash.h"

namespace vivier::security {
namespace {

std::shared_ptr<EVP_PKEY> KeyOfHex(const char* hex) {
  return Ed25519Of(*Key::FromBytes(absl::HexStringToBytes(hex)));
}

// RFC 8032, 7.1, tests 1 and 2.
TEST(Ed25519, SignsAsTheStandardSays) {
  const auto first = KeyOfHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  EXPECT_EQ(Hex(SignEd25519(*first, "")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const auto second = KeyOfHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  EXPECT_EQ(Hex(SignEd25519(*second, "\x72")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Ed25519, OthersCheckWithThePublicKeyAlone) {
  const auto key = Ed25519Of(Key::Random());
  const auto known = ParsePublicKey(PublicKeyPem(*key));
  ASSERT_TRUE(known.ok()) << known.status();
  const std::string signature = SignEd25519(*key, "text");
  EXPECT_TRUE(IsSignedEd25519(**known, "text", signature));
  EXPECT_FALSE(IsSignedEd25519(**known, "texs", signature));
  EXPECT_FALSE(IsSignedEd25519(**known, "text", signature.substr(1)));
  EXPECT_FALSE(IsSignedEd25519(**known, "text", ""));
  EXPECT_FALSE(IsSignedEd25519(*Ed25519Of(Key::Random()), "text", signature));
  EXPECT_EQ(KeyIdOf(**known), KeyIdOf(*key));
}

}  // namespace
}  // namespace vivier::security
