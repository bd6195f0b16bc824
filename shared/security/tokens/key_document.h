// Reads an issuer's key set from where its configuration says that it is: https, http on loopback,
// or a file. Blocks; over the network for kKeyDocumentPatience at the most. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vivier::security {

// The document: twenty keys with their certificates take some 60 KiB.
inline constexpr size_t kKeyDocumentSizeMax = 256 * 1024;
inline constexpr absl::Duration kKeyDocumentPatience = absl::Seconds(3);

// INVALID_ARGUMENT, reason INVALID_FIELD of `field`, when keys may not be read from this address.
absl::Status CheckKeyAddress(const std::string& field, const std::string& address);

// UNAVAILABLE, with what went wrong. A redirection is not followed, and no proxy is asked.
// `authority_file` is a PEM file with the authorities that the server may be certified by, "" for
// those of the system.
absl::StatusOr<std::string> ReadKeyDocument(const std::string& address,
                                            const std::string& authority_file);

}  // namespace vivier::security
