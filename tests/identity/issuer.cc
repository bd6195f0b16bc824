#include "tests/identity/issuer.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace vivier::testing {
namespace {

using google::protobuf::Struct;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "FAILED: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

std::string Source() {
  const char* path = std::getenv("VIVIER_SOURCE");
  if (path == nullptr) Die("ctest sets VIVIER_SOURCE to the root of the repository");
  return path;
}

void Run(const std::string& command) {
  if (std::system(command.c_str()) != 0) Die(command);
}

void MakeCertificate(const std::string& folder) {
  Run(absl::StrCat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "
      "/CN=issuer "
      "-addext subjectAltName=IP:127.0.0.1 -keyout ",
      folder, "/certificate.key -out ", folder, "/certificate.pem 2>", folder, "/openssl.log"));
}

size_t Append(const char* bytes, size_t, size_t size, void* text) {
  static_cast<std::string*>(text)->append(bytes, size);
  return size;
}

// The JSON object that the address answers a GET with, or a POST of the form. Empty with a failure
// of the test.
Struct Ask(const std::string& url, const std::string& authority_file,
           const std::string& form = "") {
  std::string body;
  CURL* request = curl_easy_init();
  curl_easy_setopt(request, CURLOPT_URL, url.c_str());
  curl_easy_setopt(request, CURLOPT_PROXY, "");
  curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(request, CURLOPT_FAILONERROR, 1L);
  if (!authority_file.empty()) curl_easy_setopt(request, CURLOPT_CAINFO, authority_file.c_str());
  if (!form.empty()) {
    curl_easy_setopt(request, CURLOPT_POSTFIELDS, form.c_str());
    curl_easy_setopt(request, CURLOPT_USERPWD, "portal:secret");
  }
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(request);
  curl_easy_cleanup(request);
  EXPECT_EQ(code, CURLE_OK) << url << ": " << curl_easy_strerror(code);
  Struct answer;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(body, &answer).ok())
      << url << ": " << body;
  return answer;
}

std::string Text(const Struct& answer, const std::string& member) {
  const auto found = answer.fields().find(member);
  EXPECT_NE(found, answer.fields().end()) << member;
  return found == answer.fields().end() ? "" : found->second.string_value();
}

}  // namespace

Issuer::Issuer(std::string kind, bool https)
    : kind_(std::move(kind)),
      folder_((std::filesystem::temp_directory_path() / "vivier-issuer-XXXXXX").string()) {
  if (mkdtemp(folder_.data()) == nullptr) Die("no temporary folder");
  Run(Source() + "/tests/npm-packages >&2");
  if (https) {
    MakeCertificate(folder_);
    authority_file_ = folder_ + "/certificate.pem";
  }
  Start();
}

Issuer::~Issuer() {
  Stop();
  std::filesystem::remove_all(folder_);
}

void Issuer::Start() {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) Die("no pipe");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, from[1], STDOUT_FILENO);
  const std::string log = folder_ + "/log";
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::string words[] = {"node", Source() + "/tests/identity/issuer.mjs", kind_, folder_, port_};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                             words[3].data(), words[4].data(), nullptr};
  if (posix_spawnp(&id_, "node", &files, nullptr, arguments, environ) != 0)
    Die("node does not start");
  posix_spawn_file_actions_destroy(&files);
  close(to[0]);
  close(from[1]);
  commands_ = fdopen(to[1], "w");
  answers_ = fdopen(from[0], "r");
  url_ = ReadLine();
  port_ = url_.substr(url_.rfind(':') + 1);
  Discover();
}

void Issuer::Stop() {
  if (id_ < 0) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
  id_ = -1;
  std::fclose(commands_);
  std::fclose(answers_);
}

void Issuer::Discover() {
  const Struct document = Ask(url_ + "/.well-known/openid-configuration", authority_file_);
  EXPECT_EQ(Text(document, "issuer"), url_);
  jwks_ = Text(document, "jwks_uri");
  token_endpoint_ = Text(document, "token_endpoint");
}

std::string Issuer::Token(const std::string& audience, const std::string& subject) const {
  // Each of the two knows one of the parameters.
  const std::string form = absl::StrCat("grant_type=client_credentials&aud=", audience,
                                        "&resource=urn:", audience, "&sub=", subject);
  const std::string token = Text(Ask(token_endpoint_, authority_file_, form), "access_token");
  return token.empty() ? "" : absl::StrCat("Bearer ", token);
}

void Issuer::Command(const std::string& command) {
  std::fprintf(commands_, "%s\n", command.c_str());
  std::fflush(commands_);
  EXPECT_EQ(ReadLine(), "done");
}

std::string Issuer::ReadLine() {
  char line[1024];
  if (std::fgets(line, sizeof(line), answers_) == nullptr) {
    Run(absl::StrCat("cat ", folder_, "/log >&2"));
    Die(kind_ + " has ended");
  }
  std::string text(line);
  text.pop_back();  // the line's end
  return text;
}

}  // namespace vivier::testing
