// The end of a sign-in with a browser: a port of loopback that waits for the issuer to send the
// browser back (RFC 8252, section 7.3). Not thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vivier::signin {

class Loopback {
 public:
  static absl::StatusOr<Loopback> Open();
  Loopback(Loopback&& other) noexcept : socket_(other.socket_), port_(other.port_) {
    other.socket_ = -1;
  }
  ~Loopback();

  // "http://127.0.0.1:41234/"
  std::string address() const;
  // The code that comes with that state. What comes with another one is told so, and waited past.
  absl::StatusOr<std::string> AwaitCode(const std::string& state, absl::Duration patience);

 private:
  Loopback(int socket, int port) : socket_(socket), port_(port) {}

  int socket_;
  int port_;
};

// The value of that name in "GET /?code=1&state=2 HTTP/1.1", decoded; "" without it.
std::string QueryValue(const std::string& request, const std::string& name);

}  // namespace vivier::signin
