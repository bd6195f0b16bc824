#include "shared/web/portal/cookies.h"

#include "gtest/gtest.h"

namespace vivier::web {
namespace {

std::optional<std::string> Of(const std::string& header) {
  return CookieOf({"GET", "/", "", {{"cookie", header}}, ""}, "a");
}

TEST(Cookies, AreFoundByTheirWholeName) {
  EXPECT_EQ(Of("a=1"), "1");
  EXPECT_EQ(Of("b=2; a=1=2; c=3"), "1=2");
  EXPECT_EQ(Of("a="), "");
  for (const char* none : {"", "b=1", "aa=1", "A=1", "xa=1", "b=a=1"})
    EXPECT_EQ(Of(none), std::nullopt) << none;
}

// A neighbour under the same domain may add one: then nobody can tell which is ours.
TEST(Cookies, AreNoneWhereThereAreTwo) {
  EXPECT_EQ(Of("a=1; a=2"), std::nullopt);
  EXPECT_EQ(Of("a=1;b=3;a=1"), std::nullopt);
}

TEST(Cookies, AreSetForThisHostAlone) {
  EXPECT_EQ(SetCookie("__Host-x", "v", absl::Hours(1)),
            "__Host-x=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600");
  EXPECT_EQ(SetCookie("x", "", -absl::Hours(1)),
            "x=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

}  // namespace
}  // namespace vivier::web
