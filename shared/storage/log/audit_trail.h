// The school's two trails: names of resources only, never personal data. Acts, in `audit_records`,
// say who wrote what, when, by which request, and which rows it changed; they live as long as what
// they prove. Readings, in `reading_records`, say to whom which call showed persons and changed
// nothing; the oldest end after a time. One record each, appended in its transaction by
// Unit::Apply; each trail is chained by hash for itself, and ends in the head row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier::storage {

class Schema;
class Transaction;

// Where a write, or a read of personal data, comes from.
struct Origin {
  std::string principal;     // the caller's subject, or the service that reacts
  std::string method;        // the rpc, the event's type or the tick
  std::string resource;      // what the request names
  std::string request_id;    // of the write; "PRODUCER/NUMBER" of an event; "" of a tick or read
  std::string request_hash;  // canonical hash of the request, hash of the event
  std::string traceparent;   // W3C trace context
  std::string reason = "";   // why the caller goes beyond a bound that is theirs to break
  // How many persons a reading showed; nothing where it is an act.
  std::optional<int64_t> shown = std::nullopt;
};

// A resource that an act changed, and its version since: 1 where it was made, 0 where it is gone.
struct RowChange {
  std::string name;
  int64_t version = 0;
};

// What stands for all rows of a resource whose names say something of persons (`name_tells`):
// "schools/nancy/cells/*"; "" where names say nothing. Its version in an act is how far the
// versions of the rows that the act changed have moved together.
std::string UnnamedRows(const Schema& schema, absl::string_view school);
bool AreUnnamed(absl::string_view name);

// What an act changed; a record has it as one text, in the order of the names:
//
//   9:cells/* 1:cohorts/ai-1/applications/zoe 4:cohorts/ai-1/seats +17
//   version:name without the school's, and how many changes more
struct RowChanges {
  // A record names so many: a sheet of a cohort with all who sign it. What is changed by the
  // thousand is done in steps, which are acts of their own.
  static constexpr size_t kNamedMax = 50;

  std::vector<RowChange> named;
  int64_t more = 0;
};
std::string ChangesText(absl::string_view school, const RowChanges& changes);
// Nothing where it is no such text.
std::optional<RowChanges> ReadChanges(absl::string_view school, absl::string_view text);

// As they are stored, without their hash; times are microseconds since 1970 UTC.
struct AuditRecord {
  int64_t number = 0;
  std::string principal, method, resource, request_id, request_hash, reason;
  int64_t create_time = 0;
  std::string changes = "";
};
std::string AuditHash(absl::string_view previous, const AuditRecord& record);

struct ReadingRecord {
  int64_t number = 0;
  std::string principal, method, resource, request_hash, reason;
  int64_t persons = 0, create_time = 0;
};
std::string ReadingHash(absl::string_view previous, const ReadingRecord& record);

// Why an act opened the kept proof of an erased person, as its record has it: sealed with the key
// of the proof, with which it goes. "" where this service keeps no proof of them.
absl::StatusOr<std::string> SealReason(Transaction& transaction, const std::string& person,
                                       absl::string_view reason);
// What SealReason sealed, as long as the proof is kept; any other reason as it is.
absl::StatusOr<std::string> OpenReason(Transaction& transaction, const std::string& person,
                                       absl::string_view stored);

// An act, or a reading where `origin` says whom it showed.
absl::Status AppendRecord(Transaction& transaction, const Origin& origin, absl::Time time,
                          const RowChanges& changes = {});

}  // namespace vivier::storage
