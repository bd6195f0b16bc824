// The files of mutual TLS. They are watched: a rotated certificate or authority is picked up without a restart, so
// they must be replaced together and atomically (a renamed folder or link).
#pragma once

#include <string>

namespace vivier::transport {

struct TlsFiles {
  std::string certificate;  // PEM, our chain
  std::string key;          // PEM
  std::string authorities;  // PEM, who may sign the peer's certificate
};

}  // namespace vivier::transport
