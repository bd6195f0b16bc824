#include "shared/storage/log/anchor.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/storage/log/events.h"
#include "vivier/log/v1/log.pb.h"

namespace vivier::storage {
namespace {

using log::v1::TrailsAnchored;

constexpr size_t kHexDigits = 64;

ChainLink LinkOf(int64_t number, const std::string& hash) {
  return number == 0 ? ChainLink() : ChainLink{number, Hex(hash)};
}

absl::StatusOr<ChainLink> ReadLink(const std::string& number, const std::string& hash) {
  ChainLink link{0, hash};
  const bool is_number = absl::SimpleAtoi(number, &link.number);
  if (is_number && (link.number == 0 ? hash == "-" : hash.size() == kHexDigits)) return link;
  return InvalidField("anchors", "has no number and hash of a chain");
}

// Whether the reading has ended, and then as it was anchored.
absl::StatusOr<bool> HasEnded(Transaction& transaction, int64_t number) {
  ASSIGN_OR_RETURN(
      const Result ended,
      transaction.connection().Query(
          "SELECT COUNT(*) FROM ended_readings WHERE school = $1 AND last_number >= $2",
          {Value(transaction.school()), Value(number)}));
  return std::get<int64_t>(ended.rows[0][0]) > 0;
}

absl::Status CheckLink(Transaction& transaction, const std::string& table, const ChainLink& link,
                       const MacBreach& breach) {
  if (link.number == 0) return absl::OkStatus();  // nothing was there yet
  ASSIGN_OR_RETURN(const Result found, transaction.connection().Query(
                                           absl::StrCat("SELECT hash FROM ", table,
                                                        " WHERE school = $1 AND number = $2"),
                                           {Value(transaction.school()), Value(link.number)}));
  const std::string name = absl::StrCat(table, "/", link.number);
  if (found.rows.empty()) {
    breach(name, "was anchored, and the chain ends before it");
  } else if (Hex(std::get<Bytes>(found.rows[0][0]).data) != link.hash) {
    breach(name, "was anchored with another hash: the chain was written anew");
  }
  return absl::OkStatus();
}

// The chain of readings begins where the last ended.
absl::Status CheckReading(Transaction& transaction, const ChainLink& link,
                          const MacBreach& breach) {
  ASSIGN_OR_RETURN(const bool ended, HasEnded(transaction, link.number));
  return ended ? absl::OkStatus() : CheckLink(transaction, "reading_records", link, breach);
}

}  // namespace

Anchor AnchorOf(const std::string& school, const std::string& service, const Head& head) {
  return {school, service, LinkOf(head.event_number, head.event_hash),
          LinkOf(head.audit_number, head.audit_hash),
          LinkOf(head.reading_number, head.reading_hash)};
}

std::string AnchorText(const Anchor& anchor) {
  std::string text = absl::StrCat(anchor.school, " ", anchor.service);
  for (const ChainLink* link : {&anchor.event, &anchor.act, &anchor.reading})
    absl::StrAppend(&text, " ", link->number, " ", link->hash);
  return text;
}

absl::StatusOr<Anchor> ReadAnchor(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  if (words.size() != 8)
    return InvalidField("anchors", "is no anchor: school, service, and a number and a hash thrice");
  Anchor anchor{words[0], words[1], {}, {}, {}};
  ASSIGN_OR_RETURN(anchor.event, ReadLink(words[2], words[3]));
  ASSIGN_OR_RETURN(anchor.act, ReadLink(words[4], words[5]));
  ASSIGN_OR_RETURN(anchor.reading, ReadLink(words[6], words[7]));
  return anchor;
}

absl::Status AnchorTrails(Transaction& transaction, absl::Time time) {
  const Head& head = transaction.head();
  TrailsAnchored anchored;
  anchored.set_school(absl::StrCat("schools/", transaction.school()));
  anchored.set_audit_number(head.audit_number);
  anchored.set_audit_hash(head.audit_hash);
  anchored.set_reading_number(head.reading_number);
  anchored.set_reading_hash(head.reading_hash);
  return AppendEvent(transaction, anchored, time, "");
}

absl::Status CheckAnchor(Transaction& transaction, const Anchor& anchor, const MacBreach& breach) {
  RETURN_IF_ERROR(CheckLink(transaction, "events", anchor.event, breach));
  RETURN_IF_ERROR(CheckLink(transaction, "audit_records", anchor.act, breach));
  return CheckReading(transaction, anchor.reading, breach);
}

absl::StatusOr<int64_t> CheckAnchoredTrails(Transaction& transaction, const MacBreach& breach) {
  int64_t checked = 0, after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<log::v1::LoggedEvent> events,
                     ReadEventsOf(transaction, TrailsAnchored::descriptor()->full_name(), after));
    for (const log::v1::LoggedEvent& event : events) {
      ++checked;
      after = event.number();
      TrailsAnchored anchored;
      if (!anchored.ParseFromString(event.payload().value())) {
        breach(absl::StrCat("events/", after), "anchors the trails, and cannot be read");
        continue;
      }
      RETURN_IF_ERROR(CheckLink(transaction, "audit_records",
                                LinkOf(anchored.audit_number(), anchored.audit_hash()), breach));
      RETURN_IF_ERROR(CheckReading(
          transaction, LinkOf(anchored.reading_number(), anchored.reading_hash()), breach));
    }
    if (std::ssize(events) < kEventsPerPage) return checked;
  }
}

}  // namespace vivier::storage
