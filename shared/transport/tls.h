// Mutual TLS: our files and whom we take. The files are watched: what is renewed is picked up
// within two seconds, without a restart, so they must be replaced together and atomically (a
// renamed folder or link). Plain values.
#pragma once

#include <string>
#include <vector>

namespace vivier::transport {

struct Tls {
  std::string
      certificate;  // PEM, our chain; "" shows none, for a client where the server asks for none
  std::string key;  // PEM
  std::string authorities;  // PEM, who may sign the peer's certificate
  std::string revocations;  // PEM, the authorities' revocation lists
  // What the only URI in the peer's certificate must be (security::PeerCheck). Empty, for a client
  // only: the host name is checked instead, as with any server on the internet, and no revocation
  // list.
  std::vector<std::string> peers;
};

}  // namespace vivier::transport
