// An issuer of tokens that a world trusts: its keys lie in a file, and its tokens say who is
// calling and nothing else. Stateless.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/signer.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::testing {

inline constexpr char kForeignIssuer[] = "https://id.example";

inline const Signer& ForeignKey() {
  static const auto& key = *new Signer("Ed25519", "key-1");
  return key;
}

// The issuer's key set in a file, gone with the test program.
class KeySetFile {
 public:
  KeySetFile() : path_((std::filesystem::temp_directory_path() / "vivier-jwks-XXXXXX").string()) {
    close(mkstemp(path_.data()));
    std::ofstream(path_) << ForeignKey().KeySet();
  }
  ~KeySetFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// For World's constructor.
inline void TrustForeignIssuer(config::v1::Config& config) {
  static const KeySetFile file;
  config::v1::Issuer& issuer = *config.add_issuers();
  issuer.set_issuer(kForeignIssuer);
  issuer.set_audience("vivier");
  issuer.set_jwks("file:" + file.path());
}

inline std::string ForeignSubject(const std::string& person) {
  return absl::StrCat(kForeignIssuer, "#", person);
}

// "Bearer …", for an hour from `issued` on.
inline std::string ForeignToken(const std::string& person, absl::Time issued) {
  const int64_t now = absl::ToUnixSeconds(issued);
  return "Bearer " + ForeignKey().Token(
                         R"({"alg":"EdDSA","kid":"key-1"})",
                         absl::StrCat(R"({"iss":")", kForeignIssuer, R"(","aud":"vivier","sub":")",
                                      person, R"(","iat":)", now, R"(,"exp":)", now + 3600, "}"));
}

}  // namespace vivier::testing
