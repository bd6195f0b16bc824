// gRPC credentials from TLS files, and the settings that hold for the gRPC library as a whole.
// Thread-safe.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string>

#include "shared/security/certificate.h"
#include "shared/transport/tls.h"

namespace vivier::transport {

// What its peers' certificates are held against; null without TLS.
std::shared_ptr<security::PeerCheck> PeerCheckOf(const std::optional<Tls>& tls);

// Mutual TLS in which the client's certificate is required, verified and checked; plain text
// without.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(
    const std::optional<Tls>& tls, std::shared_ptr<security::PeerCheck> check);
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const std::optional<Tls>& tls);

// The URI of the peer's certificate; "" when there is none, or since the handshake it was revoked.
std::string CertificateUri(const grpc::ServerContext& context, security::PeerCheck& check);

// Sends gRPC's own messages through our log, and keeps the library up until the process ends: its
// teardown, when the last server or channel goes, can wait ten seconds for a poller of its own.
// Idempotent.
void PrepareLibrary();

}  // namespace vivier::transport
