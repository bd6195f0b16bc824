// A real issuer of OpenID Connect as a process of its own on loopback, and what a client does with
// it. Its keys and its port outlive a stop. Token is thread-safe, the rest is not.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

namespace vivier::testing {

class Issuer {
 public:
  // `kind` as in issuer.mjs. Ends the test program with a clear message if it does not start.
  Issuer(std::string kind, bool https);
  ~Issuer();
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  void Start();
  void Stop();
  // Signs with a new key from now on; the one before stays published.
  void Rotate() { Command("rotate"); }
  // Signs with a new key from now on, and publishes no other.
  void Revoke() { Command("revoke"); }

  // "Bearer …" for that audience, by the grant client_credentials (RFC 6749 §4.4); "" with a
  // failure of the test. Only of "oauth2-mock-server" somebody else may be the subject.
  std::string Token(const std::string& audience = "vivier",
                    const std::string& subject = "portal") const;

  const std::string& url() const { return url_; }
  // What its discovery document says.
  const std::string& jwks() const { return jwks_; }
  // "" without https.
  const std::string& authority_file() const { return authority_file_; }

 private:
  void Command(const std::string& command);
  std::string ReadLine();
  void Discover();

  const std::string kind_;
  std::string folder_;
  std::string authority_file_;
  std::string port_ = "0";
  std::string url_, jwks_, token_endpoint_;
  pid_t id_ = -1;
  std::FILE* commands_ = nullptr;
  std::FILE* answers_ = nullptr;
};

}  // namespace vivier::testing
