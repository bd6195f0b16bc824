// Which certificate a process of a site shows, and whose it takes, from the folder that the
// configuration names
// (`certificates`). A process is called after the one service that it runs, or "all"; the commands
// are the "operator". Without a folder nothing has TLS. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "shared/transport/tls.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::site {

// To be served: takes every process of this site.
std::optional<transport::Tls> ServingTls(const config::v1::Config& config,
                                         const std::string& process);

// To dial `service` of this site: takes what runs it and nobody else.
std::optional<transport::Tls> DiallingTls(const config::v1::Config& config,
                                          const std::string& process, const std::string& service);

// To dial a parent, which is another site: takes who has the host name of its address.
std::optional<transport::Tls> ParentTls(const config::v1::Parent& parent);

// FAILED_PRECONDITION, reason CERTIFICATE_FILE, when a file is missing or unusable, or the
// certificate is not that of this process.
absl::Status CheckCertificates(const config::v1::Config& config, const std::string& process);

}  // namespace vivier::site
