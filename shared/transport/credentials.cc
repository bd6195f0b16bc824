#include "shared/transport/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security_constants.h>
#include <grpc/support/log.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "shared/log/log.h"

namespace vivier::transport {
namespace {

constexpr unsigned kReloadSeconds = 1;  // the watcher reads three small files

// Called when a handshake is done, before the connection carries a call.
class Verifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit Verifier(std::shared_ptr<security::PeerCheck> check) : check_(std::move(check)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>, grpc::Status* status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::StatusOr<std::string> name = check_->NameOf({pem.data(), pem.size()});
    if (name.ok()) return true;
    Log(LogLevel::kWarning, "a connection was refused", {{"error", name.status().message()}});
    *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(name.status().message()));
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::shared_ptr<security::PeerCheck> check_;
};

std::shared_ptr<grpc::experimental::CertificateVerifier> VerifierOf(
    std::shared_ptr<security::PeerCheck> check) {
  return grpc::experimental::ExternalCertificateVerifier::Create<Verifier>(std::move(check));
}

std::shared_ptr<grpc::experimental::CertificateProviderInterface> ProviderOf(const Tls& tls) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      tls.key, tls.certificate, tls.authorities, kReloadSeconds);
}

void LogLibraryMessage(gpr_log_func_args* message) {
  const LogLevel level =
      message->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  Log(level, message->message,
      {{"source", absl::StrCat("grpc ", message->file, ":", message->line)}});
}

}  // namespace

std::shared_ptr<security::PeerCheck> PeerCheckOf(const std::optional<Tls>& tls) {
  if (!tls) return nullptr;
  return std::make_shared<security::PeerCheck>(tls->peers, tls->revocations);
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(
    const std::optional<Tls>& tls, std::shared_ptr<security::PeerCheck> check) {
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(ProviderOf(*tls));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(VerifierOf(std::move(check)));
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(ProviderOf(*tls));
  options.watch_root_certs();
  if (!tls->certificate.empty()) options.watch_identity_key_cert_pairs();
  if (!tls->peers.empty()) {
    options.set_certificate_verifier(VerifierOf(PeerCheckOf(tls)));
    options.set_check_call_host(false);
  }
  return grpc::experimental::TlsCredentials(options);
}

std::string CertificateUri(const grpc::ServerContext& context, security::PeerCheck& check) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (!peer || !peer->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> pem =
      peer->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pem.empty()) return "";
  return check.NameOf({pem[0].data(), pem[0].size()}).value_or("");
}

void PrepareLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(&LogLibraryMessage);
    // Debian builds Abseil with its assertions, and with them a search for lock cycles at every
    // lock, gRPC's included.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc_init();
  });
}

}  // namespace vivier::transport
