#include "shared/transport/metrics_endpoint.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/rpc/metrics.h"

namespace vivier::transport {
namespace {

std::string Get(int port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request =
        absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(send(socket, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t size; (size = recv(socket, buffer, sizeof(buffer), 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(size));
  }
  close(socket);
  return answer;
}

TEST(MetricsEndpoint, ServesTheRegistryAndNothingElse) {
  rpc::metrics::InvariantViolations("enrolment", "nancy", "I1").Set(1);
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1:0");
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  EXPECT_THAT(Get((*endpoint)->port(), "/metrics"),
              ::testing::HasSubstr("vivier_invariant_violations{invariant=\"I1\",school=\"nancy\","
                                   "service=\"enrolment\"} 1"));
  EXPECT_THAT(Get((*endpoint)->port(), "/"), ::testing::StartsWith("HTTP/1.1 404"));
  EXPECT_EQ(MetricsEndpoint::Start(absl::StrCat("127.0.0.1:", (*endpoint)->port())).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace vivier::transport
