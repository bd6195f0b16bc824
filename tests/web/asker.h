// One rpc asked in each form of HTTP, and what came back as a message or a status: what a client
// would make of it, read by other code than the gateway's. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "tests/transport/http_client.h"

namespace vivier::testing {

enum class Way {
  kConnectJson,
  kConnectBinary,
  kConnectGet,
  kConnectGetJson,
  kGrpcWeb,
  kGrpcWebText
};

// Ways in which every unary rpc is asked, and those that only read besides.
const std::vector<Way>& AllWays();
bool IsGet(Way way);
std::string NameOf(Way way);

class Asker {
 public:
  explicit Asker(const std::string& address) : address_(address) {}

  // The bytes of the answer; where it came as JSON, of the message that this says.
  absl::StatusOr<std::string> Ask(Way way, const google::protobuf::MethodDescriptor& method,
                                  const google::protobuf::Message& request,
                                  const std::string& authorization);

  // All bytes of the answers to a stream in Connect's binary form, one behind the other.
  absl::StatusOr<std::string> AskStream(const google::protobuf::MethodDescriptor& method,
                                        const google::protobuf::Message& request,
                                        const std::string& authorization);

 private:
  HttpReply Exchange(const std::string& method, const std::string& target, const std::string& type,
                     const std::string& body, const std::string& authorization);

  const std::string address_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace vivier::testing
