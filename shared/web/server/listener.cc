#include "shared/web/server/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

constexpr int kBacklog = 4096;  // Linux' own bound; who comes in a crowd waits there
constexpr char kUnix[] = "unix:";

absl::Status CannotListen(const std::string& address) {
  return Unavailable("cannot listen on " + address);
}

int Socket(int family) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

// -1 where it cannot be bound.
int Bound(int listener, const sockaddr* name, socklen_t size) {
  if (listener >= 0 && bind(listener, name, size) == 0 && listen(listener, kBacklog) == 0)
    return listener;
  if (listener >= 0) close(listener);
  return -1;
}

absl::StatusOr<int> ListenOnPath(const std::string& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string path = address.substr(std::strlen(kUnix));
  if (path.size() >= sizeof(name.sun_path)) return CannotListen(address);
  std::memcpy(name.sun_path, path.data(), path.size());
  unlink(path.c_str());  // of a process that was killed
  const int listener =
      Bound(Socket(AF_UNIX), reinterpret_cast<const sockaddr*>(&name), sizeof(name));
  if (listener < 0) return CannotListen(address);
  return listener;
}

int PortOf(int listener) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                                          : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

}  // namespace

absl::StatusOr<int> ListenOn(const std::string& address, std::string& bound) {
  bound = address;
  if (absl::StartsWith(address, kUnix)) return ListenOnPath(address);
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return CannotListen(address);
  absl::string_view host = absl::string_view(address).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(host).c_str(), address.substr(colon + 1).c_str(), &hints, &found) !=
      0)
    return CannotListen(address);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> names(found, &freeaddrinfo);
  for (const addrinfo* name = found; name != nullptr; name = name->ai_next) {
    const int listener = Socket(name->ai_family);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (Bound(listener, name->ai_addr, name->ai_addrlen) < 0) continue;
    bound = absl::StrCat(address.substr(0, colon), ":", PortOf(listener));
    return listener;
  }
  return CannotListen(address);
}

void CloseListener(int listener, const std::string& bound) {
  close(listener);
  if (absl::StartsWith(bound, kUnix)) unlink(bound.substr(std::strlen(kUnix)).c_str());
}

}  // namespace vivier::web
