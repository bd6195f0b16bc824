// The tokens of a site's own key files: a service shows one to services that it calls inside its
// process, and to all of them where there is no TLS (with it, its certificate says who calls), and
// a development token stands for a person or a partner where no issuer of identities is configured.
// And the verifier of all tokens that the site trusts, those of the configured issuers too.
// Thread-safe.
//
//   keys/service.key       signs the tokens of the school's services
//   keys/development.key   signs what `vivier token` issues; trusted in development only
//   keys/school.key        wraps the keys of persons, and more (docs/keys.md)
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/security/caller.h"
#include "shared/security/tokens/token.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::site {

// Makes the key files that are missing.
absl::Status CreateKeys(const std::string& data);

// FAILED_PRECONDITION: a site that is not in development issues no token.
absl::Status NotInDevelopment();

class Tokens {
 public:
  // INVALID_ARGUMENT for issuers that cannot be trusted, FAILED_PRECONDITION for keys.
  static absl::StatusOr<std::unique_ptr<Tokens>> Load(const config::v1::Config& config,
                                                      const std::string& data,
                                                      std::function<absl::Time()> now = absl::Now);

  security::TokenVerifier& verifier() { return *verifier_; }

  // From now on the keys of the configured issuers are fetched; until then, and where nobody asks
  // for it, their tokens are refused.
  void StartFetching();
  void StopFetching() { fetcher_->Stop(); }

  // The header "Bearer …" of a service of this site; the token lives for an hour and is made anew
  // in time.
  std::string OfService(const std::string& service);

  // "Bearer …" of a development token that lives for twelve hours; FAILED_PRECONDITION unless the
  // configuration says development.
  absl::StatusOr<std::string> ForDevelopment(const security::Caller& caller);

 private:
  Tokens(config::v1::Config config, security::TokenIssuer services,
         std::unique_ptr<security::TokenIssuer> development, std::function<absl::Time()> now);
  std::string Issue(const security::TokenIssuer& issuer, const security::Caller& caller,
                    absl::Duration life) const;

  const config::v1::Config config_;
  const std::function<absl::Time()> now_;
  const security::TokenIssuer services_;
  const std::unique_ptr<security::TokenIssuer>
      development_;  // null unless the configuration says development
  std::unique_ptr<security::TokenVerifier> verifier_;
  std::unique_ptr<security::KeyFetcher>
      fetcher_;      // its thread gives keys to the verifier, so it ends first
  Monitor monitor_;  // guards what follows
  struct Issued {
    std::string header;
    absl::Time renew;
  };
  std::map<std::string, Issued> issued_;
};

}  // namespace vivier::site
