#include "shared/storage/log/audit_trail.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/hash.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

std::string AuditHash(absl::string_view previous, const AuditRecord& record) {
  return ChainHash(previous, {absl::StrCat(record.number), record.principal, record.method,
                              record.resource, record.request_id, record.request_hash,
                              record.reason, absl::StrCat(record.create_time)});
}

absl::Status AppendAuditRecord(Transaction& transaction, const Origin& origin, absl::Time time) {
  Head& head = transaction.head();
  AuditRecord record{head.audit_number + 1, origin.principal,        origin.method,
                     origin.resource,       origin.request_id,       origin.request_hash,
                     origin.reason,         absl::ToUnixMicros(time)};
  head.audit_hash = AuditHash(head.audit_hash, record);
  head.audit_number = record.number;
  return transaction.connection().Send(
      "INSERT INTO audit_records (school, number, hash, principal, method, resource, request_id, "
      "request_hash, "
      "reason, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {Value(transaction.school()), Value(record.number), Value(Bytes{head.audit_hash}),
       Value(std::move(record.principal)), Value(std::move(record.method)),
       Value(std::move(record.resource)), Value(std::move(record.request_id)),
       Value(Bytes{std::move(record.request_hash)}), Value(std::move(record.reason)),
       Value(record.create_time)});
}

}  // namespace vivier::storage
