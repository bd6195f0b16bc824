// What the certificate of a service says of it, and which of them were revoked. A service has one
// name, the only URI of its certificate (the form is SPIFFE's X.509-SVID); its common name and host
// names say nothing here:
//
//   spiffe://NETWORK/school/SCHOOL/service/SERVICE        SCHOOL: the first that its process serves
//
// That the certificate is signed by an authority of ours and in its time is TLS's part, at the
// handshake. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier::security {

// "spiffe://NETWORK/school/SCHOOL/service/", with which the names of a site's services begin.
std::string SiteUri(absl::string_view network, absl::string_view school);

struct Certificate {
  std::string uri;
  std::string number;  // the issuer and its serial number, which no two certificates have in common
};

// The first certificate of the PEM. UNAUTHENTICATED, reason CERTIFICATE_REFUSED, unless it has
// exactly one URI.
absl::StatusOr<Certificate> ReadCertificate(absl::string_view pem);

// Until when the first certificate of the PEM is good. UNAUTHENTICATED, reason CERTIFICATE_REFUSED,
// without one.
absl::StatusOr<absl::Time> ReadExpiry(absl::string_view pem);

// The numbers in the revocation lists (RFC 5280, PEM, one for each authority) of a file.
// FAILED_PRECONDITION, reason CERTIFICATE_FILE.
absl::StatusOr<absl::flat_hash_set<std::string>> ReadRevocations(const std::string& file);

// Whose certificates are taken. Looks at a certificate in full once; at the list of revoked ones
// each time, which is read again when it is older than kReadAgain. A file that cannot be read
// leaves the list as it was; until one could be read, nobody is taken.
class PeerCheck {
 public:
  static constexpr absl::Duration kReadAgain = absl::Seconds(1);

  // `names` are URIs; one that ends in '/' stands for every service below it.
  PeerCheck(std::vector<std::string> names, std::string revocations);

  // The name in the peer's certificate. UNAUTHENTICATED, reason CERTIFICATE_REFUSED.
  absl::StatusOr<std::string> NameOf(absl::string_view pem);

 private:
  absl::StatusOr<Certificate> Look(absl::string_view pem) const;
  void ReadRevocationsWhenDue();

  const std::vector<std::string> names_;
  const std::string revocations_;
  std::mutex mutex_;  // guards what follows
  absl::flat_hash_map<std::string, Certificate> seen_;
  absl::StatusOr<absl::flat_hash_set<std::string>> revoked_;
  int64_t read_nanoseconds_ = 0;  // of the steady clock
};

}  // namespace vivier::security
