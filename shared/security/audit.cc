#include "shared/security/audit.h"

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::security {

absl::Status ChainVerifier::Add(absl::Span<const absl::string_view> fields, absl::string_view stored_hash) {
  RETURN_IF_ERROR(verdict_);
  last_ = AuditHash(last_, fields);
  if (last_ != stored_hash) {
    verdict_ =
        Error(absl::StatusCode::kDataLoss, "CHAIN_BROKEN",
              absl::StrCat("the chain breaks at record ", count_, " of the range"), {{"record", absl::StrCat(count_)}});
    return verdict_;
  }
  ++count_;
  return absl::OkStatus();
}

absl::Status ChainVerifier::Finish(absl::string_view head_hash) const {
  RETURN_IF_ERROR(verdict_);
  if (last_ == head_hash) return absl::OkStatus();
  return Error(absl::StatusCode::kDataLoss, "CHAIN_TRUNCATED",
               absl::StrCat("the chain ends after ", count_, " records of the range, not at the head"));
}

absl::Status VerifyChain(absl::string_view previous, absl::Span<const AuditRecord> records,
                         absl::string_view head_hash) {
  ChainVerifier verifier{std::string(previous)};
  for (const AuditRecord& record : records) {
    const std::vector<absl::string_view> fields(record.fields.begin(), record.fields.end());
    RETURN_IF_ERROR(verifier.Add(fields, record.hash));
  }
  return verifier.Finish(head_hash);
}

}  // namespace vivier::security
