#include "shared/security/secret.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace vivier::security {
namespace {

TEST(SecretTest, IsLongAndNeverTheSame) {
  std::set<std::string> secrets;
  for (int i = 0; i < 1000; ++i) secrets.insert(NewSecret());
  EXPECT_EQ(secrets.size(), 1000u);
  for (const std::string& secret : secrets) {
    EXPECT_EQ(secret.size(), 7u + 43u);  // 43 characters of base64url are 256 bits
    EXPECT_TRUE(IsSecret(secret));
  }
}

TEST(SecretTest, ItsPrincipalIsItsHash) {
  // printf vivier_x | sha256sum
  EXPECT_EQ(PrincipalOf("vivier_x"),
            "#61cf27ca26c9f0fab0553273069e4cd4f6848c89a4b275f78e7ee249bf1d6389");
  EXPECT_TRUE(IsPrincipalOfSecret(PrincipalOf(NewSecret())));
  EXPECT_FALSE(IsPrincipalOfSecret("https://id.example#f3b1"));
  EXPECT_FALSE(IsPrincipalOfSecret(""));
}

TEST(SecretTest, NoTokenOfAnIssuerIsTakenForOne) {
  for (const char* token : {"", "vivier", "eyJhbGciOiJFZERTQSJ9.e30.c2ln", "Vivier_x"})
    EXPECT_FALSE(IsSecret(token));
}

}  // namespace
}  // namespace vivier::security
