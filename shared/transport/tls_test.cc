// Mutual TLS with certificates made for the test by deploy/certificates.
#include <optional>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"
#include "tests/support/certificates.h"

namespace vivier::transport {
namespace {

constexpr char kUri[] = "spiffe://campus/school/nancy/service/funding";

const google::protobuf::MethodDescriptor* WhoAmI() {
  static const auto* method = [] {
    google::protobuf::FileDescriptorProto file;
    file.set_name("vivier/test/tls.proto");
    file.set_package("vivier.test");
    file.add_message_type()->set_name("Payload");
    auto* declared = file.add_service()->add_method();
    file.mutable_service(0)->set_name("Tls");
    declared->set_name("WhoAmI");
    declared->set_input_type(".vivier.test.Payload");
    declared->set_output_type(".vivier.test.Payload");
    return (new google::protobuf::DescriptorPool)->BuildFile(file)->service(0)->method(0);
  }();
  return method;
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    rpc::Endpoint endpoint;
    endpoint.method = WhoAmI();
    endpoint.unary = [](absl::string_view, const rpc::Peer& peer,
                        std::shared_ptr<rpc::Responder> responder) {
      responder->Answer(std::make_shared<const std::string>(peer.certificate_uri));
    };
    ServerOptions options;
    options.address = "localhost:0";
    options.tls = Shown(ours_);
    auto started = Server::Start(options, {endpoint});
    EXPECT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  static Tls Shown(testing::Certificates& authority) {
    return authority.Sign(absl::StrCat("URI:", kUri));
  }
  absl::StatusOr<std::string> Ask(const std::optional<Tls>& tls) {
    const auto channel =
        Connect({absl::StrCat("localhost:", server_->port()), tls, /*retry=*/false});
    return channel->Call(rpc::PathOf(*WhoAmI()), "", {});
  }

  testing::Certificates ours_{"campus", "nancy"};
  testing::Certificates strangers_{"campus", "nancy"};
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, OnlyOurAuthoritysCertificatesComeIn) {
  const absl::StatusOr<std::string> answer = Ask(Shown(ours_));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, kUri);  // the server knows the peer by its certificate
  EXPECT_EQ(Ask(Shown(strangers_)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Ask(std::nullopt).status().code(), absl::StatusCode::kUnavailable);
  Tls borrowed = Shown(strangers_);  // trusts us, but is not signed by our authority
  borrowed.authorities = Shown(ours_).authorities;
  EXPECT_EQ(Ask(borrowed).status().code(), absl::StatusCode::kUnavailable);
  Tls nameless;  // good for the edge, not for us
  nameless.authorities = Shown(ours_).authorities;
  EXPECT_EQ(Ask(nameless).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace vivier::transport
