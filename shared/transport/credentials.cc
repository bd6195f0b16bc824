#include "shared/transport/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security_constants.h>
#include <grpc/support/log.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "shared/rpc/log.h"

namespace vivier::transport {
namespace {

constexpr unsigned kReloadSeconds = 10;

template <class Options>
void Watch(const TlsFiles& files, Options& options) {
  options.watch_root_certs();
  if (!files.certificate.empty()) options.watch_identity_key_cert_pairs();
}

std::shared_ptr<grpc::experimental::CertificateProviderInterface> ProviderOf(const TlsFiles& files) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(files.key, files.certificate,
                                                                              files.authorities, kReloadSeconds);
}

void LogLibraryMessage(gpr_log_func_args* message) {
  const rpc::Level level = message->severity == GPR_LOG_SEVERITY_ERROR ? rpc::Level::kWarning : rpc::Level::kDebug;
  rpc::Log(level, message->message, {{"source", absl::StrCat("grpc ", message->file, ":", message->line)}});
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const std::optional<TlsFiles>& files) {
  if (!files) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(ProviderOf(*files));
  Watch(*files, options);
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const std::optional<TlsFiles>& files) {
  if (!files) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(ProviderOf(*files));
  Watch(*files, options);
  return grpc::experimental::TlsCredentials(options);
}

std::string CertificateUri(const grpc::ServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (!peer || !peer->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> uris = peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  return uris.empty() ? "" : std::string(uris[0].data(), uris[0].size());
}

void PrepareLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(&LogLibraryMessage);
    // Debian builds Abseil with its assertions, and with them a search for lock cycles at every lock, gRPC's included.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc_init();
  });
}

}  // namespace vivier::transport
