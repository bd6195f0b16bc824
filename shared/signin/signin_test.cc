#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/signin/browser.h"
#include "shared/signin/http.h"
#include "shared/signin/issuer.h"
#include "shared/signin/store.h"

namespace vivier::signin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(Form, IsEncoded) {
  EXPECT_EQ(Encoded({{"a", "1"}, {"b c", "é&=/~"}}), "a=1&b%20c=%c3%a9%26%3d%2f~");
}

// RFC 7636, appendix B.
TEST(Pkce, ChallengesAsTheRfcDoes) {
  EXPECT_EQ(ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  EXPECT_EQ(NewVerifier().size(), 43u);
  EXPECT_NE(NewVerifier(), NewVerifier());
}

TEST(DeviceCode, IsShownAsItStandsOrNotAtAll) {
  const auto shown = [](const std::string& code, const std::string& address) {
    return CanBeShown({"device", code, address, absl::Seconds(5), absl::Now()});
  };
  EXPECT_TRUE(shown("WDJB-MJHT", "https://id.example/device?user_code=WDJB-MJHT"));
  EXPECT_TRUE(shown("1234 5678", "http://localhost:4000/device"));
  EXPECT_FALSE(shown("\x1b[2J", "https://id.example/device"));
  EXPECT_FALSE(shown("WDJB\nMJHT", "https://id.example/device"));
  EXPECT_FALSE(shown("WDJB-MJHT", "https://id.example/\x1b[2J"));
  EXPECT_FALSE(shown("WDJB-MJHT", "https://id.example/ your password:"));
  EXPECT_FALSE(shown("WDJB-MJHT", "javascript:alert(1)"));
}

TEST(Query, IsReadFromARequest) {
  const std::string request = "GET /?code=a%2Fb+c&state=s HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(QueryValue(request, "code"), "a/b c");
  EXPECT_EQ(QueryValue(request, "state"), "s");
  EXPECT_EQ(QueryValue(request, "error"), "");
  EXPECT_EQ(QueryValue("GET", "code"), "");
  EXPECT_EQ(QueryValue("GET / HTTP/1.1", "code"), "");
}

// The answer to "GET /?QUERY" at the loopback's port.
std::string Visit(const std::string& address, const std::string& query) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(peer, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request = absl::StrCat("GET /?", query, " HTTP/1.1\r\n\r\n");
  EXPECT_GT(send(peer, request.data(), request.size(), 0), 0);
  std::string answer;
  char bytes[512];
  for (ssize_t read; (read = recv(peer, bytes, sizeof bytes, 0)) > 0;)
    answer.append(bytes, static_cast<size_t>(read));
  close(peer);
  return answer;
}

TEST(Loopback, TakesTheCodeOfItsOwnState) {
  auto loopback = Loopback::Open();
  ASSERT_TRUE(loopback.ok());
  std::string stranger, ours;
  std::thread browser([&, address = loopback->address()] {
    stranger = Visit(address, "code=evil&state=other");
    ours = Visit(address, "code=good&state=mine");
  });
  const absl::StatusOr<std::string> code = loopback->AwaitCode("mine", absl::Seconds(30));
  browser.join();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, "good");
  EXPECT_THAT(stranger, HasSubstr("404"));
  EXPECT_THAT(ours, HasSubstr("You are signed in"));
}

TEST(Loopback, SaysThatTheIssuerRefused) {
  auto loopback = Loopback::Open();
  ASSERT_TRUE(loopback.ok());
  std::thread browser(
      [address = loopback->address()] { Visit(address, "error=access_denied&state=mine"); });
  const absl::Status refused = loopback->AwaitCode("mine", absl::Seconds(30)).status();
  browser.join();
  EXPECT_EQ(ReasonOf(refused), "SIGN_IN_REFUSED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("access_denied"));
}

class Store : public ::testing::Test {
 protected:
  Store() {
    std::string pattern = (fs::temp_directory_path() / "signin-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
  }
  ~Store() override { fs::remove_all(folder_); }

  std::string folder_;
  const SignedIn who_ = {{"https://id.example", "", "vivier", "openid", "urn:vivier"},
                         {"access", "refresh", absl::Now() + absl::Hours(1)}};
};

TEST_F(Store, KeepsOnePerIssuerForItsOwnerAlone) {
  const auto path = Save(who_);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(fs::status(*path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(Save(who_).ok()) << "it is replaced";
  const auto known = Load("https://id.example");
  ASSERT_TRUE(known.ok() && known->has_value());
  EXPECT_EQ((*known)->client.resource, "urn:vivier");
  EXPECT_EQ((*known)->tokens.refresh_token, "refresh");
  EXPECT_EQ(AccessToken("https://id.example", "").value(), "access");
  EXPECT_FALSE(AccessToken("https://other.example", "").value().has_value());
  EXPECT_TRUE(Forget("https://id.example"));
  EXPECT_FALSE(Forget("https://id.example"));
}

TEST_F(Store, RefusesAFileThatOthersMayRead) {
  const auto path = Save(who_);
  ASSERT_TRUE(path.ok());
  fs::permissions(*path, fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(ReasonOf(Load("https://id.example").status()), "SECRET_FILE");
}

TEST_F(Store, SaysWhenToSignInAgain) {
  SignedIn ended = who_;
  ended.tokens.expire_time = absl::Now();
  ended.tokens.refresh_token.clear();
  ASSERT_TRUE(Save(ended).ok());
  EXPECT_EQ(ReasonOf(AccessToken("https://id.example", "").status()), "SIGN_IN_AGAIN");
}

}  // namespace
}  // namespace vivier::signin
