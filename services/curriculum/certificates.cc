#include "services/curriculum/certificates.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/security/statement.h"

namespace vivier::curriculum {
namespace {

constexpr char kStatement[] = "vivier certificate";

std::vector<std::string> SignedFields(const v1::Certificate& certificate) {
  std::vector<std::string> fields = {
      certificate.name(),
      certificate.learner(),
      certificate.cohort(),
      certificate.programme_revision(),
      certificate.jury_session(),
      v1::CertificateAwarded::Result_Name(certificate.result()),
      DateText(certificate.date()),
      certificate.title(),
      certificate.revision_hash(),
      google::protobuf::util::TimeUtil::ToString(certificate.award_time()),
      absl::StrCat(certificate.block_codes_size())};
  fields.insert(fields.end(), certificate.block_codes().begin(), certificate.block_codes().end());
  return fields;
}

}  // namespace

absl::Status SignCertificate(const security::SchoolKey* key, const v1::ProgrammeRevision& revision,
                             absl::Time time, v1::Certificate& certificate) {
  if (key == nullptr) return Internal("this process holds no school key");
  certificate.set_title(revision.title());
  certificate.set_revision_hash(revision.content_hash());
  *certificate.mutable_award_time() = ToTimestamp(time);
  security::Sign(key->signing_key(), kStatement, SignedFields(certificate), certificate);
  return absl::OkStatus();
}

bool IsSigned(const v1::Certificate& certificate) {
  return security::IsStatementSigned(certificate.public_key(), certificate.signature(), kStatement,
                                     SignedFields(certificate));
}

v1::Certificate DecisionOf(v1::Certificate certificate) {
  certificate.clear_title();
  certificate.clear_revision_hash();
  certificate.clear_award_time();
  certificate.clear_signature();
  certificate.clear_public_key();
  return certificate;
}

}  // namespace vivier::curriculum
