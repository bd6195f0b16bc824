#include "services/statistics/network/signatures.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/security/statement.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

constexpr char kStatement[] = "vivier submission";
// The key before says which is the next: no signature of figures can be taken for that.
constexpr char kNextKey[] = "vivier submission key";

// The key, and the one before it, whose figures are still on their way.
constexpr int kKeysKept = 2;

template <class M>
std::vector<std::string> SignedFields(const std::string& site, const M& figures) {
  return {site, absl::StrCat(figures.epoch()), absl::StrCat(figures.revision()),
          absl::StrCat(figures.dictionary_version()), figures.content_hash()};
}

absl::Status Refuse(v1::Reason reason, const std::string& message, const std::string& site) {
  return Refused(reason, message, {{"site", site}});
}

bool Knows(const v1::Member& member, const std::string& key) {
  return std::find(member.public_keys().begin(), member.public_keys().end(), key) !=
         member.public_keys().end();
}

bool PreviousVouches(const v1::SubmitCellsRequest& request, const v1::Member& member) {
  return Knows(member, request.previous_public_key()) &&
         security::IsStatementSigned(request.previous_public_key(), request.previous_signature(),
                                     kNextKey, {request.site(), request.public_key()});
}

void Learn(const std::string& key, v1::Member& member) {
  member.add_public_keys(key);
  while (member.public_keys_size() > kKeysKept) member.mutable_public_keys()->DeleteSubrange(0, 1);
}

}  // namespace

absl::Status SignSubmission(const security::SchoolKey* key,
                            v1::ComputeSubmissionResponse& submission) {
  if (key == nullptr) return Internal("this process holds no school key");
  const std::vector<std::string> fields = SignedFields(submission.site(), submission);
  security::Sign(key->signing_key(), kStatement, fields, submission);
  EVP_PKEY& before = key->PreviousFirst().signing_key();
  const std::string line = security::PublicKeyLine(before);
  if (line == submission.public_key()) return absl::OkStatus();
  submission.set_previous_public_key(line);
  submission.set_previous_signature(absl::Base64Escape(
      security::SignStatement(before, kNextKey, {submission.site(), submission.public_key()})));
  return absl::OkStatus();
}

absl::StatusOr<bool> CheckSigned(const v1::SubmitCellsRequest& request, Carrier carrier,
                                 v1::Member& member) {
  const std::string& site = request.site();
  const bool known = !member.public_keys().empty();
  const bool is_signed = !request.public_key().empty();
  if (carrier == Carrier::kMember && !(known && is_signed))
    return Refuse(v1::FIGURES_OF_ANOTHER, "another school's figures, unsigned or by a key unknown",
                  site);
  if (!is_signed) {
    if (carrier == Carrier::kHead && !known) return false;
    return Refuse(v1::NOT_SIGNED, "the figures are not signed by the school", site);
  }
  if (!security::IsStatementSigned(request.public_key(), request.signature(), kStatement,
                                   SignedFields(site, request)))
    return Refuse(v1::NOT_SIGNED, "the signature is not of these figures", site);
  if (Knows(member, request.public_key())) return false;
  if (known && !PreviousVouches(request, member))
    return Refuse(v1::KEY_NOT_KNOWN,
                  "signed by a key that is not known here as the school's: the head enters it",
                  site);
  Learn(request.public_key(), member);
  return true;
}

bool IsSigned(const v1::Submission& submission) {
  return submission.public_key().empty() ||
         security::IsStatementSigned(submission.public_key(), submission.signature(), kStatement,
                                     SignedFields(IdInSchool(submission.name()), submission));
}

}  // namespace vivier::statistics
