#include "shared/rotation/school_keys.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/statement.h"
#include "shared/storage/log/house_tables.h"

namespace vivier::rotation {
namespace {

using google::protobuf::util::TimeUtil;
using storage::Bytes;
using storage::Row;
using storage::Transaction;

// As the JSON of a Timestamp; "" for none.
std::string TimeText(const storage::Value& micros) {
  const int64_t* time = std::get_if<int64_t>(&micros);
  if (time == nullptr || *time == 0) return "";
  return TimeUtil::ToString(ToTimestamp(absl::FromUnixMicros(*time)));
}

// The names of the keys that the rows of each school may be under, the newest first.
absl::StatusOr<std::vector<Row>> NewestKeys(storage::Database& database) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Connection> connection,
                   database.Connect(storage::Access::kRead));
  RETURN_IF_ERROR(connection->Begin(storage::Access::kLongRead));
  ASSIGN_OR_RETURN(
      storage::Result found,
      connection->Query("SELECT k.school, k.key_id FROM school_keys AS k WHERE k.end_time IS NULL "
                        "OR EXISTS (SELECT 1 FROM school_keys AS n WHERE n.school = k.school "
                        "AND n.number = k.number + 1 AND n.position IS NOT NULL) "
                        "ORDER BY k.school, k.number DESC"));
  connection->Rollback();
  return std::move(found.rows);
}

}  // namespace

absl::StatusOr<std::vector<Row>> ReadKeys(Transaction& transaction) {
  return storage::house::SchoolKeys().Select(transaction, "number > 0 ORDER BY number", {});
}

void SignKey(const security::SchoolKey& current, const std::string& school, Row& row) {
  const std::string begin = TimeText(row[kBeginTime]), end = TimeText(row[kEndTime]);
  row[kSignature] = Bytes{security::SignStatement(
      current.signing_key(), "vivier school key",
      {"schools/" + school, std::get<std::string>(row[kPublicKey]), begin, end})};
}

absl::StatusOr<std::set<std::string>> PublicKeys(Transaction& transaction) {
  ASSIGN_OR_RETURN(const std::vector<Row> rows, ReadKeys(transaction));
  std::set<std::string> keys;
  for (const Row& row : rows) keys.insert(std::get<std::string>(row[kPublicKey]));
  return keys;
}

void ToMessage(const std::string& service, const Row& row, site::v1::PublicSchoolKey& message) {
  message.set_service(service);
  message.set_public_key(std::get<std::string>(row[kPublicKey]));
  if (const int64_t begin = std::get<int64_t>(row[kBeginTime]); begin != 0)
    *message.mutable_begin_time() = ToTimestamp(absl::FromUnixMicros(begin));
  if (const int64_t* end = std::get_if<int64_t>(&row[kEndTime]))
    *message.mutable_end_time() = ToTimestamp(absl::FromUnixMicros(*end));
  message.set_signature(absl::Base64Escape(std::get<Bytes>(row[kSignature]).data));
}

absl::StatusOr<const security::SchoolKey*> KeysNeeded(storage::Database& database,
                                                      const std::string& service,
                                                      const std::set<std::string>& schools,
                                                      const security::SchoolKey& keys) {
  ASSIGN_OR_RETURN(const std::vector<Row> newest, NewestKeys(database));
  const security::SchoolKey* needed = &keys.Alone();
  for (const Row& row : newest) {
    const std::string& school = std::get<std::string>(row[0]);
    const std::string& id = std::get<std::string>(row[1]);
    if (schools.count(school) == 0) continue;
    if (id != keys.id()) needed = &keys;
    if (keys.Has(id)) continue;
    return Error(
        absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY",
        absl::StrCat("rows of ", service, " at schools/", school, " are under the school key ", id,
                     ", which neither keys/", security::kSchoolKeyFile, " nor keys/",
                     security::kPreviousSchoolKeyFile,
                     " is: put its file back as the latter, start, and keep it until `vivier "
                     "rotate-keys` says that no row is under it"));
  }
  return needed;
}

}  // namespace vivier::rotation
