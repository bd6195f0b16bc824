// Mutual TLS with certificates made for the test by the openssl command.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "shared/transport/channel.h"
#include "shared/transport/server.h"

namespace vivier::transport {
namespace {

constexpr char kUri[] = "spiffe://campus/school/nancy/service/funding";

// A certificate for localhost and kUri, signed by the authority of `authority`.key; and that authority.
constexpr char kScript[] = R"(set -e; cd '$0'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=$1 -keyout $1.key -out $1.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=service -keyout $1-service.key -out $1.csr
printf 'subjectAltName=DNS:localhost,URI:$2' > $1.ext
openssl x509 -req -in $1.csr -CA $1.pem -CAkey $1.key -CAcreateserial -days 1 -extfile $1.ext -out $1-service.pem
)";

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
  TlsTest() : folder_(std::filesystem::path(::testing::TempDir()) / absl::StrCat("vivier-tls-", getpid())) {
    std::filesystem::create_directories(folder_);
    Make("ours");
    Make("strangers");
    rpc::Endpoint endpoint;
    endpoint.method = WhoAmI();
    endpoint.unary = [](absl::string_view, const rpc::Peer& peer, std::shared_ptr<rpc::Responder> responder) {
      responder->Answer(std::make_shared<const std::string>(peer.certificate_uri));
    };
    ServerOptions options;
    options.address = "localhost:0";
    options.tls = FilesOf("ours");
    auto started = Server::Start(options, {endpoint});
    EXPECT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  ~TlsTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Make(const std::string& authority) {
    const std::string script = absl::Substitute(kScript, folder_.string(), authority, kUri);
    std::ofstream(folder_ / "make.sh") << script;
    ASSERT_EQ(std::system(absl::StrCat("sh '", (folder_ / "make.sh").string(), "' 2>/dev/null").c_str()), 0);
  }
  TlsFiles FilesOf(const std::string& authority) const {
    const std::string base = (folder_ / authority).string();
    return {base + "-service.pem", base + "-service.key", base + ".pem"};
  }
  absl::StatusOr<std::string> Ask(const std::optional<TlsFiles>& files) {
    const auto channel = Connect({absl::StrCat("localhost:", server_->port()), files, /*retry=*/false});
    return channel->Call(rpc::PathOf(*WhoAmI()), "", {});
  }

  const std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, OnlyOurAuthoritysCertificatesComeIn) {
  const absl::StatusOr<std::string> answer = Ask(FilesOf("ours"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, kUri);  // the server knows the peer by its certificate
  EXPECT_EQ(Ask(FilesOf("strangers")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Ask(std::nullopt).status().code(), absl::StatusCode::kUnavailable);
  TlsFiles borrowed = FilesOf("strangers");  // trusts us, but is not signed by our authority
  borrowed.authorities = FilesOf("ours").authorities;
  EXPECT_EQ(Ask(borrowed).status().code(), absl::StatusCode::kUnavailable);
  const TlsFiles nameless{"", "", FilesOf("ours").authorities};  // good for the edge, not for us
  EXPECT_EQ(Ask(nameless).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace vivier::transport
