#include "tests/support/ports.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace vivier::testing {

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(probe);
  return ntohs(address.sin_port);
}

// The receive queues of the connections whose local port it is. gRPC listens on sockets
// of both families.
int64_t UnreadBytes(int port) {
  constexpr unsigned kListening = 0x0A;
  int64_t unread = 0;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream connections(file);
    std::string line;
    while (std::getline(connections, line)) {
      unsigned local = 0, state = 0, received = 0;
      const char* format = " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%*X %X %*X:%X";
      if (std::sscanf(line.c_str(), format, &local, &state, &received) != 3)
        continue;  // the header
      if (static_cast<int>(local) == port && state != kListening) unread += received;
    }
  }
  return unread;
}

}  // namespace vivier::testing
