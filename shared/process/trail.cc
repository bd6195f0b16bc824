#include "shared/process/trail.h"

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::site {
namespace {

using storage::Result;
using storage::Row;
using storage::Value;

constexpr int kDaysDefault = 30;
constexpr size_t kRowsMax = 1000;

// The first day that is asked for, in days since 1970.
int64_t FirstDay(absl::Time now, int32_t days) {
  return UtcDayNumber(now) - (days > 0 ? days : kDaysDefault) + 1;
}

absl::StatusOr<Result> Rows(storage::Transaction& transaction, const std::string& sql,
                            std::vector<Value> parameters) {
  parameters.insert(parameters.begin(), Value(transaction.school()));
  ASSIGN_OR_RETURN(Result result, transaction.connection().Query(
                                      absl::StrCat(sql, " LIMIT ", kRowsMax + 1), parameters));
  if (result.rows.size() <= kRowsMax) return result;
  return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_ROWS",
               absl::StrCat("more than ", kRowsMax, " rows; ask for fewer days"));
}

}  // namespace

absl::Status AddReads(storage::Transaction& transaction, const std::string& service,
                      const v1::SearchPersonReadsRequest& request, absl::Time now,
                      v1::SearchPersonReadsResponse& response) {
  ASSIGN_OR_RETURN(
      const Result result,
      Rows(transaction,
           "SELECT principal, first_time, first_method, reads FROM person_reads "
           "WHERE school = $1 AND person = $2 AND day >= $3 ORDER BY day DESC, principal",
           {Value(request.name()), Value(FirstDay(now, request.days()))}));
  for (const Row& row : result.rows) {
    v1::PersonRead& read = *response.add_reads();
    read.set_service(service);
    read.set_principal(std::get<std::string>(row[0]));
    *read.mutable_first_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[1])));
    read.set_first_method(std::get<std::string>(row[2]));
    read.set_reads(std::get<int64_t>(row[3]));
  }
  return absl::OkStatus();
}

absl::Status AddChanges(storage::Transaction& transaction, const std::string& service,
                        const v1::SearchAuditRecordsRequest& request, absl::Time now,
                        v1::SearchAuditRecordsResponse& response) {
  const absl::Time first = absl::UnixEpoch() + absl::Hours(24) * FirstDay(now, request.days());
  // '0' follows '/': what lies below the name. No index serves this: it is asked rarely, and every
  // write would pay.
  ASSIGN_OR_RETURN(
      const Result result,
      Rows(transaction,
           "SELECT number, principal, method, resource, request_id, reason, create_time "
           "FROM audit_records WHERE school = $1 AND (resource = $2 OR resource >= $3 AND resource "
           "< $4) "
           "AND create_time >= $5 ORDER BY number DESC",
           {Value(request.name()), Value(request.name() + "/"), Value(request.name() + "0"),
            Value(absl::ToUnixMicros(first))}));
  for (const Row& row : result.rows) {
    v1::AuditRecord& record = *response.add_records();
    record.set_service(service);
    record.set_number(std::get<int64_t>(row[0]));
    record.set_principal(std::get<std::string>(row[1]));
    record.set_method(std::get<std::string>(row[2]));
    record.set_resource(std::get<std::string>(row[3]));
    record.set_request_id(std::get<std::string>(row[4]));
    record.set_reason(std::get<std::string>(row[5]));
    *record.mutable_create_time() = ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[6])));
  }
  return absl::OkStatus();
}

}  // namespace vivier::site
