// gRPC credentials from TLS files, and the settings that hold for the gRPC library as a whole. Thread-safe.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string>

#include "shared/transport/tls.h"

namespace vivier::transport {

// Mutual TLS in which the client's certificate is required and verified; plain text without files.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const std::optional<TlsFiles>& files);
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const std::optional<TlsFiles>& files);

// The first URI among the subject alternative names of the verified peer, "" when there is none.
std::string CertificateUri(const grpc::ServerContext& context);

// Sends gRPC's own messages through our log, and keeps the library up until the process ends: its teardown, when the
// last server or channel goes, can wait ten seconds for a poller of its own. Idempotent.
void PrepareLibrary();

}  // namespace vivier::transport
