#include "shared/web/portal/same_site.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

absl::Status Check(const std::string& method, Headers headers) {
  headers.emplace_back("host", "portal.example");
  return CheckSameSite({method, "/", "", headers, ""});
}

const std::pair<std::string, std::string> kConnect = {"connect-protocol-version", "1"};

TEST(SameSite, IsWhatTheBrowserSaysIsOurs) {
  EXPECT_TRUE(Check("POST", {kConnect, {"sec-fetch-site", "same-origin"}}).ok());
  EXPECT_TRUE(Check("POST", {kConnect, {"origin", "https://portal.example"}}).ok());
  EXPECT_TRUE(Check("POST", {{"x-grpc-web", "1"}, {"sec-fetch-site", "same-origin"}}).ok());
  EXPECT_TRUE(Check("GET", {{"sec-fetch-site", "same-origin"}}).ok());
}

TEST(SameSite, IsNothingElse) {
  for (const auto& headers : std::vector<Headers>{
           {kConnect},
           {{"sec-fetch-site", "same-origin"}},
           {kConnect, {"sec-fetch-site", "cross-site"}},
           {kConnect, {"sec-fetch-site", "same-site"}},
           {kConnect, {"sec-fetch-site", "none"}},
           {kConnect, {"origin", "null"}},
           {kConnect, {"origin", "https://evil.example"}},
           {kConnect, {"origin", "https://portal.example.evil"}},
           {kConnect, {"origin", "https://portal.example:444"}},
           {kConnect, {"sec-fetch-site", "same-origin"}, {"origin", "https://evil.example"}},
       })
    EXPECT_EQ(ReasonOf(Check("POST", headers)), "NOT_ALLOWED");
  EXPECT_EQ(ReasonOf(Check("GET", {{"sec-fetch-site", "cross-site"}})), "NOT_ALLOWED");
  EXPECT_EQ(ReasonOf(Check("GET", {})), "NOT_ALLOWED");
}

}  // namespace
}  // namespace vivier::web
