#include "shared/security/statement.h"

#include "gtest/gtest.h"

namespace vivier::security {
namespace {

TEST(Statement, IsSignedAsAWhole) {
  const auto key = Ed25519Of(Key::Random()), other = Ed25519Of(Key::Random());
  const std::string line = PublicKeyLine(*key);
  const std::string signature =
      absl::Base64Escape(SignStatement(*key, "vivier test", {"ab", "", "c"}));
  EXPECT_TRUE(IsStatementSigned(line, signature, "vivier test", {"ab", "", "c"}));
  for (const std::vector<std::string>& fields : std::vector<std::vector<std::string>>{
           {}, {"ab", "c"}, {"a", "b", "c"}, {"abc"}, {"ab", "", "c", ""}, {"ab", "c", ""}})
    EXPECT_FALSE(IsStatementSigned(line, signature, "vivier test", fields));
  EXPECT_FALSE(IsStatementSigned(line, signature, "vivier rest", {"ab", "", "c"}));
  EXPECT_FALSE(IsStatementSigned(PublicKeyLine(*other), signature, "vivier test", {"ab", "", "c"}));
  EXPECT_FALSE(IsStatementSigned("", signature, "vivier test", {"ab", "", "c"}));
  EXPECT_FALSE(IsStatementSigned(line, "", "vivier test", {"ab", "", "c"}));
  EXPECT_FALSE(IsStatementSigned(line, "?", "vivier test", {"ab", "", "c"}));
}

}  // namespace
}  // namespace vivier::security
