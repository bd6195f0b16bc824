#include "shared/security/tokens/key_document.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
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

// A server on loopback that gives each of its callers one fixed answer, and "" never.
class Server {
 public:
  explicit Server(std::string answer)
      : answer_(std::move(answer)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port), "/jwks");
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }

  const std::string& url() const { return url_; }
  int calls() const { return calls_; }

 private:
  void Serve() {
    for (int caller = 0; (caller = accept(socket_, nullptr, nullptr)) >= 0; close(caller)) {
      ++calls_;
      char request[4096];
      if (recv(caller, request, sizeof(request), 0) > 0)
        send(caller, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      if (!answer_.empty()) shutdown(caller, SHUT_WR);
      while (recv(caller, request, sizeof(request), 0) > 0)
        continue;  // until the caller has had enough
    }
  }

  const std::string answer_;
  const int socket_;
  std::string url_;
  std::atomic<int> calls_{0};
  std::thread thread_;
};

std::string Answer(const std::string& status, const std::string& body,
                   const std::string& header = "") {
  return absl::StrCat("HTTP/1.1 ", status, "\r\n", header, "Connection: close\r\n\r\n", body);
}

TEST(KeyDocumentTest, AsksOverHttpWithBounds) {
  const Server elsewhere(Answer("200 OK", "evil"));
  const auto location = [&elsewhere](const std::string& url) {
    return absl::StrCat("Location: ", url, "\r\n");
  };
  const struct {
    std::string what, answer;
    bool good;
  } rows[] = {
      {"a document", Answer("200 OK", "{}"), true},
      {"the longest one", Answer("200 OK", std::string(kKeyDocumentSizeMax, ' ')), true},
      {"too long", Answer("200 OK", std::string(kKeyDocumentSizeMax + 1, ' ')), false},
      {"not found", Answer("404 Not Found", "{}"), false},
      {"an error with a document", Answer("503 Service Unavailable", "{}"), false},
      {"a redirection", Answer("302 Found", "", location(elsewhere.url())), false},
      {"a redirection to a file",
       Answer("301 Moved Permanently", "", location("file:///etc/passwd")), false},
      {"cut short", Answer("200 OK", "{}", "Content-Length: 100\r\n"), false},
      {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", false},
  };
  setenv("http_proxy", elsewhere.url().c_str(), 1);  // is not asked
  for (const auto& row : rows) {
    const Server server(row.answer);
    const auto document = ReadKeyDocument(server.url(), "");
    EXPECT_EQ(document.ok(), row.good) << row.what << ": " << document.status();
    EXPECT_EQ(absl::IsUnavailable(document.status()), !row.good)
        << row.what << ": " << document.status();
    EXPECT_EQ(server.calls(), 1) << row.what;
  }
  unsetenv("http_proxy");
  EXPECT_EQ(elsewhere.calls(), 0);
}

TEST(KeyDocumentTest, DoesNotWaitForEver) {
  const Server server("");
  const absl::Time start = absl::Now();
  EXPECT_TRUE(absl::IsUnavailable(ReadKeyDocument(server.url(), "").status()));
  EXPECT_GE(absl::Now() - start, kKeyDocumentPatience - absl::Milliseconds(10));
  EXPECT_LT(absl::Now() - start, 5 * kKeyDocumentPatience);
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
