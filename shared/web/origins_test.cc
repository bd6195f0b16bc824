#include "shared/web/origins.h"

#include "gtest/gtest.h"

namespace vivier::web {
namespace {

HttpRequest From(const std::string& origin) { return {"POST", "/", "", {{"origin", origin}}, ""}; }

TEST(Origins, AreThoseOfTheConfigurationAlone) {
  const absl::StatusOr<Origins> origins = ReadOrigins({"https://jobs.example", "http://[::1]:81"});
  ASSERT_TRUE(origins.ok()) << origins.status();
  EXPECT_EQ(AllowedOrigin(*origins, From("https://jobs.example")), "https://jobs.example");
  EXPECT_EQ(AllowedOrigin(*origins, From("http://[::1]:81")), "http://[::1]:81");
  for (const char* other :
       {"", "null", "https://jobs.example.evil", "http://jobs.example", "https://jobs.example:443",
        "https://JOBS.example", "https://evil.jobs.example"})
    EXPECT_EQ(AllowedOrigin(*origins, From(other)), "") << other;
}

TEST(Origins, AreRefusedWhereABrowserNeverSendsThem) {
  for (const char* wrong : {"", "*", "null", "jobs.example", "https://jobs.example/", "ftp://x",
                            "https://a b", "https://*.example", "https://x\r\ny: z"})
    EXPECT_FALSE(ReadOrigins({wrong}).ok()) << wrong;
}

TEST(Origins, PreflightSaysNoToOthers) {
  EXPECT_EQ(Preflight("").status, 403);
  EXPECT_EQ(Preflight("https://jobs.example").status, 204);
}

}  // namespace
}  // namespace vivier::web
