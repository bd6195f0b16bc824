#include "shared/signin/browser.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/signin/http.h"

namespace vivier::signin {
namespace {

constexpr size_t kRequestSizeMax = 16 * 1024;
constexpr int kPatienceMs = 2000;  // for a browser that connects and says nothing

bool IsReadable(int socket, int patience_ms) {
  pollfd wanted = {socket, POLLIN, 0};
  return poll(&wanted, 1, patience_ms) > 0;
}

std::string ReadRequest(int socket) {
  std::string request;
  char bytes[2048];
  while (request.size() < kRequestSizeMax && !absl::StrContains(request, "\r\n\r\n") &&
         IsReadable(socket, kPatienceMs)) {
    const ssize_t read = recv(socket, bytes, sizeof bytes, 0);
    if (read <= 0) break;
    request.append(bytes, static_cast<size_t>(read));
  }
  return request;
}

void Tell(int socket, const char* status, const std::string& words) {
  const std::string answer =
      absl::StrCat("HTTP/1.1 ", status,
                   "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ", words.size(),
                   "\r\nConnection: close\r\n\r\n", words);
  send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace

absl::StatusOr<Loopback> Loopback::Open() {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listening < 0 || bind(listening, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listening, 4) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    if (listening >= 0) close(listening);
    return Unavailable("no port of loopback is free for the browser to come back to");
  }
  return Loopback(listening, ntohs(address.sin_port));
}

Loopback::~Loopback() {
  if (socket_ >= 0) close(socket_);
}

std::string Loopback::address() const { return absl::StrCat("http://127.0.0.1:", port_, "/"); }

absl::StatusOr<std::string> Loopback::AwaitCode(const std::string& state, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (absl::Now() < deadline) {
    if (!IsReadable(socket_, kPatienceMs)) continue;
    const int peer = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    const std::string request = ReadRequest(peer);
    const bool ours = QueryValue(request, "state") == state;
    const std::string code = QueryValue(request, "code"), error = QueryValue(request, "error");
    if (ours && (!code.empty() || !error.empty())) {
      Tell(peer, "200 OK",
           error.empty() ? "You are signed in. Close this page and go back to the terminal.\n"
                         : "You are not signed in. The terminal says why.\n");
      close(peer);
      if (error.empty()) return code;
      return Error(absl::StatusCode::kUnauthenticated, "SIGN_IN_REFUSED",
                   absl::StrCat("the issuer refuses: ", error), {{"error", error}});
    }
    Tell(peer, "404 Not Found", "Nobody signs in with this address.\n");
    close(peer);
  }
  return Error(absl::StatusCode::kDeadlineExceeded, "SIGN_IN_REFUSED",
               "no browser came back in time; begin again");
}

std::string QueryValue(const std::string& request, const std::string& name) {
  const std::string target = std::vector<std::string>(absl::StrSplit(request, ' ')).size() > 1
                                 ? std::vector<std::string>(absl::StrSplit(request, ' '))[1]
                                 : "";
  const size_t query = target.find('?');
  if (query == std::string::npos) return "";
  for (absl::string_view pair : absl::StrSplit(target.substr(query + 1), '&')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.first == name) return Decoded(parts.second);
  }
  return "";
}

}  // namespace vivier::signin
