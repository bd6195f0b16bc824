#include "shared/storage/log/anchor.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"

namespace vivier::storage {
namespace {

constexpr size_t kHexDigits = 64;

absl::Status CheckLink(Transaction& transaction, const std::string& table, int64_t number,
                       const std::string& hash, const MacBreach& breach) {
  if (number == 0) return absl::OkStatus();  // nothing was there yet
  ASSIGN_OR_RETURN(const Result found, transaction.connection().Query(
                                           absl::StrCat("SELECT hash FROM ", table,
                                                        " WHERE school = $1 AND number = $2"),
                                           {Value(transaction.school()), Value(number)}));
  const std::string link = absl::StrCat(table, "/", number);
  if (found.rows.empty()) {
    breach(link, "was anchored, and the chain ends before it");
  } else if (Hex(std::get<Bytes>(found.rows[0][0]).data) != hash) {
    breach(link, "was anchored with another hash: the chain was written anew");
  }
  return absl::OkStatus();
}

bool IsHash(int64_t number, const std::string& hash) {
  return number == 0 ? hash == "-" : hash.size() == kHexDigits;
}

}  // namespace

Anchor AnchorOf(const std::string& school, const std::string& service, const Head& head) {
  return {school,
          service,
          head.event_number,
          head.event_number == 0 ? "-" : Hex(head.event_hash),
          head.audit_number,
          head.audit_number == 0 ? "-" : Hex(head.audit_hash)};
}

std::string AnchorText(const Anchor& anchor) {
  return absl::StrCat(anchor.school, " ", anchor.service, " ", anchor.event_number, " ",
                      anchor.event_hash, " ", anchor.audit_number, " ", anchor.audit_hash);
}

absl::StatusOr<Anchor> ReadAnchor(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  Anchor anchor;
  if (words.size() == 6 && absl::SimpleAtoi(words[2], &anchor.event_number) &&
      absl::SimpleAtoi(words[4], &anchor.audit_number) && IsHash(anchor.event_number, words[3]) &&
      IsHash(anchor.audit_number, words[5])) {
    anchor.school = words[0];
    anchor.service = words[1];
    anchor.event_hash = words[3];
    anchor.audit_hash = words[5];
    return anchor;
  }
  return InvalidField("anchors", "is no anchor: school, service, number, hash, number, hash");
}

absl::Status CheckAnchor(Transaction& transaction, const Anchor& anchor, const MacBreach& breach) {
  RETURN_IF_ERROR(CheckLink(transaction, "events", anchor.event_number, anchor.event_hash, breach));
  return CheckLink(transaction, "audit_records", anchor.audit_number, anchor.audit_hash, breach);
}

}  // namespace vivier::storage
