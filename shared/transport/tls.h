// The files of mutual TLS; a client outside, whom the edge knows by a token, has the authorities alone. They are
// watched: a rotated certificate or authority is picked up without a restart, so they must be replaced together and
// atomically (a renamed folder or link).
#pragma once

#include <string>

namespace vivier::transport {

struct TlsFiles {
  std::string certificate;  // PEM, our chain; "" for a client that shows none
  std::string key;          // PEM; "" without a certificate
  std::string authorities;  // PEM, who may sign the peer's certificate
};

}  // namespace vivier::transport
