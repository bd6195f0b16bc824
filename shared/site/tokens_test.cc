#include "shared/site/tokens.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::site {
namespace {

using config::v1::Config;

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() : data_((std::filesystem::temp_directory_path() / "vivier-tokens-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
    EXPECT_EQ(CreateKeys(data_), absl::OkStatus());
    config_.add_schools("nancy");
    config_.set_network("test");
  }
  ~TokensTest() override { std::filesystem::remove_all(data_); }

  std::unique_ptr<Tokens> Load() {
    absl::StatusOr<std::unique_ptr<Tokens>> tokens = Tokens::Load(config_, data_);
    EXPECT_TRUE(tokens.ok()) << tokens.status();
    return *std::move(tokens);
  }

  static absl::Status Verify(Tokens& tokens, absl::string_view header) {
    EXPECT_TRUE(absl::ConsumePrefix(&header, "Bearer "));
    return tokens.verifier().Examine(header, absl::Now()).status();
  }

  std::string data_;
  Config config_;
};

TEST_F(TokensTest, DevelopmentTokensAreGoodWhereTheConfigurationSaysSoOnly) {
  const security::Caller director{
      "director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""};
  config_.set_development(true);
  const std::unique_ptr<Tokens> development = Load();
  const auto token = development->ForDevelopment(director);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(Verify(*development, *token), absl::OkStatus());

  config_.set_development(false);
  const std::unique_ptr<Tokens> production = Load();  // on the same key files
  EXPECT_EQ(Verify(*production, *token).message(),
            "the token's key is not among those of its issuer");
  EXPECT_EQ(ReasonOf(production->ForDevelopment(director).status()), "NOT_ALLOWED");
  EXPECT_EQ(Verify(*production, development->OfService("funding")), absl::OkStatus())
      << "the site's own stay good";
}

TEST_F(TokensTest, AnIssuerThatCannotBeTrustedStopsTheStart) {
  using Change = std::function<void(config::v1::Issuer&)>;
  const struct {
    std::string what;
    Change change;
    std::string field;  // "" when it is good
  } rows[] = {
      {"as it should be", [](auto&) {}, ""},
      {"a key file", [](auto& issuer) { issuer.set_jwks("file:/etc/vivier/keys.json"); }, ""},
      {"loopback", [](auto& issuer) { issuer.set_jwks("http://127.0.0.1:8080/jwks"); }, ""},
      {"no name", [](auto& issuer) { issuer.clear_issuer(); }, "issuers[1].issuer"},
      {"a fragment", [](auto& issuer) { issuer.set_issuer("https://id.example#a"); },
       "issuers[1].issuer"},
      {"a space", [](auto& issuer) { issuer.set_issuer("https://id.example "); },
       "issuers[1].issuer"},
      {"too long", [](auto& issuer) { issuer.set_issuer(std::string(201, 'i')); },
       "issuers[1].issuer"},
      {"twice", [](auto& issuer) { issuer.set_issuer("https://first.example"); },
       "issuers[1].issuer"},
      {"our own name", [](auto& issuer) { issuer.set_issuer("vivier:test"); }, "issuers[1].issuer"},
      {"no audience", [](auto& issuer) { issuer.clear_audience(); }, "issuers[1].audience"},
      {"no keys", [](auto& issuer) { issuer.clear_jwks(); }, "issuers[1].jwks"},
      {"keys in the clear", [](auto& issuer) { issuer.set_jwks("http://id.example/jwks"); },
       "issuers[1].jwks"},
      {"an absent authority", [](auto& issuer) { issuer.set_authority_file("/nowhere.pem"); },
       "issuers[1].authority_file"},
  };
  for (const auto& row : rows) {
    config_.clear_issuers();
    config::v1::Issuer* first = config_.add_issuers();
    first->set_issuer("https://first.example");
    first->set_audience("vivier");
    first->set_jwks("https://first.example/jwks");
    config::v1::Issuer* second = config_.add_issuers();
    *second = *first;
    second->set_issuer("https://second.example");
    row.change(*second);
    const absl::Status loaded = Tokens::Load(config_, data_).status();
    EXPECT_EQ(loaded.ok(), row.field.empty()) << row.what << ": " << loaded;
    EXPECT_EQ(ReasonOf(loaded), row.field.empty() ? "" : "INVALID_FIELD") << row.what;
    EXPECT_TRUE(absl::StrContains(loaded.message(), row.field)) << row.what << ": " << loaded;
  }
}

}  // namespace
}  // namespace vivier::site
