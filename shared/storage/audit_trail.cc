#include "shared/storage/audit_trail.h"

#include "absl/strings/str_cat.h"
#include "shared/security/audit.h"
#include "shared/storage/unit.h"

namespace vivier::storage {

absl::Status AppendAuditRecord(Transaction& transaction, const Origin& origin, absl::Time time) {
  Head& head = transaction.head();
  const int64_t number = head.audit_number + 1;
  const int64_t microseconds = absl::ToUnixMicros(time);
  head.audit_hash = security::AuditHash(
      head.audit_hash, {absl::StrCat(number), origin.principal, origin.method, origin.resource, origin.request_id,
                        origin.request_hash, origin.reason, absl::StrCat(microseconds)});
  head.audit_number = number;
  return transaction.connection().Send(
      "INSERT INTO audit_records (school, number, hash, principal, method, resource, request_id, request_hash, "
      "reason, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {Value(transaction.school()), Value(number), Value(Bytes{head.audit_hash}), Value(origin.principal),
       Value(origin.method), Value(origin.resource), Value(origin.request_id), Value(Bytes{origin.request_hash}),
       Value(origin.reason), Value(microseconds)});
}

}  // namespace vivier::storage
