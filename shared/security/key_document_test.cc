#include "shared/security/key_document.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

TEST(KeyDocumentTest, WhereKeysMayBe) {
  const struct {
    std::string address;
    bool good;
  } rows[] = {
      {"https://id.example/realms/nancy/protocol/openid-connect/certs", true},
      {"https://id.example:8443/jwks", true},
      {"http://localhost:8080/jwks", true},
      {"http://127.0.0.1:8080/jwks", true},
      {"http://127.8.9.1/jwks", true},
      {"http://[::1]:8080/jwks", true},
      {"file:/etc/vivier/keys.json", true},
      {"file:keys.json", true},
      {"", false},
      {"id.example", false},
      {"file:", false},
      {"http://id.example/jwks", false},
      {"http://10.0.0.1/jwks", false},
      {"http://128.0.0.1/jwks", false},
      {"http://127.0.0.1.evil.example/jwks", false},
      {"http://localhost.evil.example/jwks", false},
      {"http://localhost@evil.example/jwks", false},
      {"https://user:word@id.example/jwks", false},
      {"http://[::2]/jwks", false},
      {"ftp://localhost/jwks", false},
      {"gopher://localhost/jwks", false},
      {"https://", false},
      {"https://id.example/a b", false},
      {"javascript:alert(1)", false},
  };
  for (const auto& row : rows) {
    const absl::Status checked = CheckKeyAddress("issuers[0].jwks", row.address);
    EXPECT_EQ(checked.ok(), row.good) << row.address << ": " << checked;
    if (!row.good) {
      EXPECT_EQ(ReasonOf(checked), "INVALID_FIELD") << row.address;
    }
  }
}

TEST(KeyDocumentTest, ReadsFilesOfBoundedSize) {
  std::string folder = (std::filesystem::temp_directory_path() / "vivier-keys-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/keys.json";
  EXPECT_TRUE(absl::IsUnavailable(ReadKeyDocument("file:" + path, "").status()));
  std::ofstream(path) << "{\"keys\":[]}";
  EXPECT_EQ(ReadKeyDocument("file:" + path, "").value_or(""), "{\"keys\":[]}");
  std::ofstream(path) << std::string(kKeyDocumentSizeMax, ' ');
  EXPECT_TRUE(ReadKeyDocument("file:" + path, "").ok());
  std::ofstream(path, std::ios::app) << ' ';
  EXPECT_TRUE(absl::IsUnavailable(ReadKeyDocument("file:" + path, "").status()));
  EXPECT_TRUE(absl::IsUnavailable(ReadKeyDocument("file:" + folder, "").status()));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace vivier::security
