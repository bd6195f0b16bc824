#include "shared/security/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"

namespace vivier::security {
namespace {

// A site has ten processes; renewed every minute their certificates fill this in an hour.
constexpr size_t kSeenMax = 1000;

template <class Object, void (*Free)(Object*)>
struct Deleter {
  void operator()(Object* object) const { Free(object); }
};
template <class Object, void (*Free)(Object*)>
using Owned = std::unique_ptr<Object, Deleter<Object, Free>>;

void FreeBio(BIO* bio) { BIO_free(bio); }
using Text = Owned<BIO, FreeBio>;
Text Reading(absl::string_view text) {
  return Text(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::Status Refused(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "CERTIFICATE_REFUSED", why);
}

std::string NumberOf(const X509_NAME* issuer, const ASN1_INTEGER* serial) {
  const unsigned char* name = nullptr;
  size_t size = 0;
  if (X509_NAME_get0_der(issuer, &name, &size) != 1) return "";
  std::string number(reinterpret_cast<const char*>(name), size);
  number.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                static_cast<size_t>(ASN1_STRING_length(serial)));
  return number;
}

std::vector<std::string> UrisOf(const X509& certificate) {
  std::vector<std::string> uris;
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

absl::Status FileError(const std::string& file, absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_FILE",
               absl::StrCat(file, ": ", why));
}

// Whether `pattern` is the name, or the folder that it stands in.
bool Takes(absl::string_view pattern, absl::string_view name) {
  if (!absl::EndsWith(pattern, "/")) return pattern == name;
  const absl::string_view service = name.substr(std::min(pattern.size(), name.size()));
  return absl::StartsWith(name, pattern) && !service.empty() && !absl::StrContains(service, '/');
}

int64_t SteadyNanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

absl::StatusOr<absl::Time> ReadExpiry(absl::string_view pem) {
  const Text text = Reading(pem);
  const Owned<X509, X509_free> certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return Refused("no certificate was shown");
  return absl::FromTM(end, absl::UTCTimeZone());
}

std::string SiteUri(absl::string_view network, absl::string_view school) {
  return absl::StrCat("spiffe://", network, "/school/", school, "/service/");
}

absl::StatusOr<Certificate> ReadCertificate(absl::string_view pem) {
  const Text text = Reading(pem);
  const Owned<X509, X509_free> certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();  // gRPC's TLS runs on this thread too, and would take our errors for its own
  if (certificate == nullptr) return Refused("no certificate was shown");
  const std::vector<std::string> uris = UrisOf(*certificate);
  if (uris.size() != 1)
    return Refused(absl::StrCat("the certificate has ", uris.size(), " URI names, not one"));
  return Certificate{uris[0], NumberOf(X509_get_issuer_name(certificate.get()),
                                       X509_get0_serialNumber(certificate.get()))};
}

absl::StatusOr<absl::flat_hash_set<std::string>> ReadRevocations(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return FileError(file, "cannot be read");
  std::stringstream content;
  content << stream.rdbuf();
  const std::string pem = content.str();
  const Text text = Reading(pem);
  absl::flat_hash_set<std::string> numbers;
  int lists = 0;
  for (;; ++lists) {
    const Owned<X509_CRL, X509_CRL_free> list(
        PEM_read_bio_X509_CRL(text.get(), nullptr, nullptr, nullptr));
    if (list == nullptr) break;
    const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i)
      numbers.insert(NumberOf(X509_CRL_get_issuer(list.get()),
                              X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i))));
  }
  const bool whole =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;  // nothing more begins
  ERR_clear_error();
  if (lists == 0 || !whole) return FileError(file, "holds no revocation list, or a part of one");
  return numbers;
}

PeerCheck::PeerCheck(std::vector<std::string> names, std::string revocations)
    : names_(std::move(names)),
      revocations_(std::move(revocations)),
      revoked_(FileError(revocations_, "not yet read")) {}

absl::StatusOr<std::string> PeerCheck::NameOf(absl::string_view pem) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ReadRevocationsWhenDue();
  auto seen = seen_.find(pem);
  if (seen == seen_.end()) {
    ASSIGN_OR_RETURN(Certificate certificate, Look(pem));
    if (seen_.size() >= kSeenMax) seen_.clear();
    seen = seen_.emplace(pem, std::move(certificate)).first;
  }
  if (!revoked_.ok()) return Refused(revoked_.status().message());
  if (revoked_->contains(seen->second.number)) return Refused("the certificate was revoked");
  return seen->second.uri;
}

absl::StatusOr<Certificate> PeerCheck::Look(absl::string_view pem) const {
  ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(pem));
  const bool taken = std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return Takes(name, certificate.uri);
  });
  if (!taken) return Refused(absl::StrCat(certificate.uri, " is not the name of whom we expect"));
  return certificate;
}

void PeerCheck::ReadRevocationsWhenDue() {
  const int64_t now = SteadyNanoseconds();
  if (read_nanoseconds_ != 0 && now - read_nanoseconds_ < absl::ToInt64Nanoseconds(kReadAgain))
    return;
  read_nanoseconds_ = now;
  absl::StatusOr<absl::flat_hash_set<std::string>> fresh = ReadRevocations(revocations_);
  if (fresh.ok() || !revoked_.ok())
    revoked_ = std::move(fresh);
  else
    Log(LogLevel::kError, "the revocation list stays as it was",
        {{"error", fresh.status().message()}});
}

}  // namespace vivier::security
