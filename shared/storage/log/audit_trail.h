// The school's audit trail in the table `audit_records`: who wrote what, or was shown whose
// personal data, when, by which request. One record each, appended in its transaction by
// Unit::Apply, chained by hash. Names of resources only, never personal data.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier::storage {

class Transaction;

// Where a write, or a read of personal data, comes from.
struct Origin {
  std::string principal;     // the caller's subject, or the service that reacts
  std::string method;        // the rpc, the event's type or the tick
  std::string resource;      // what the request names
  std::string request_id;    // of the write; "PRODUCER/NUMBER" of an event; "" of a tick or read
  std::string request_hash;  // canonical hash of the request, hash of the event
  std::string traceparent;   // W3C trace context
  std::string reason = "";   // why the caller goes beyond a bound that is his to break
};

// As it is stored, without its hash.
struct AuditRecord {
  int64_t number = 0;
  std::string principal, method, resource, request_id, request_hash, reason;
  int64_t create_time = 0;  // microseconds since 1970 UTC
};
std::string AuditHash(absl::string_view previous, const AuditRecord& record);

absl::Status AppendAuditRecord(Transaction& transaction, const Origin& origin, absl::Time time);

}  // namespace vivier::storage
