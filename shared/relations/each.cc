#include "shared/relations/each.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/storage/log/erasure.h"

namespace vivier::relations {

namespace pb = google::protobuf;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

absl::Status EachRow(Transaction& transaction, const storage::Schema& schema,
                     const EachMessage& each, const Odd& odd) {
  const std::string page_after =
      schema.SelectWhere(absl::StrCat("name > $2 ORDER BY name LIMIT ", kPage));
  Value after = std::string();
  while (true) {
    ASSIGN_OR_RETURN(const Result page, transaction.connection().Query(
                                            page_after, {Value(transaction.school()), after}));
    for (const Row& row : page.rows) {
      const absl::StatusOr<std::shared_ptr<const pb::Message>> message =
          transaction.Decode(schema, row);
      if (message.ok()) {
        each(**message);
      } else if (odd) {
        odd(std::get<std::string>(row[1]), message.status());
      } else {
        return message.status();
      }
    }
    if (page.rows.size() < kPage) return absl::OkStatus();
    after = page.rows.back()[1];
  }
}

absl::StatusOr<std::set<std::string>> Erased(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result erasures,
                   transaction.connection().Query("SELECT subject FROM erasures WHERE school = $1",
                                                  {Value(transaction.school())}));
  std::set<std::string> erased;
  for (const Row& row : erasures.rows) erased.insert(std::get<std::string>(row[0]));
  return erased;
}

absl::Status EachErasure(Transaction& transaction, const EachMessage& each) {
  ASSIGN_OR_RETURN(const Result erasures,
                   transaction.connection().Query(
                       "SELECT type, payload FROM erasures WHERE school = $1 ORDER BY subject",
                       {Value(transaction.school())}));
  for (const Row& row : erasures.rows) {
    ASSIGN_OR_RETURN(const auto event, storage::ReadErasing(std::get<std::string>(row[0]),
                                                            std::get<storage::Bytes>(row[1]).data));
    each(*event);
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> LastWrite(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result last,
                   transaction.connection().Query(
                       "SELECT create_time FROM audit_records WHERE school = $1 ORDER BY number "
                       "DESC LIMIT 1",
                       {Value(transaction.school())}));
  return absl::FromUnixMicros(last.rows.empty() ? 0 : std::get<int64_t>(last.rows[0][0]));
}

absl::Status EachLogged(Transaction& transaction, const EachEventLogged& each,
                        const std::string& type) {
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<log::v1::LoggedEvent> page,
                     type.empty() ? storage::ReadEvents(transaction, after)
                                  : storage::ReadEventsOf(transaction, type, after));
    for (const log::v1::LoggedEvent& logged : page) {
      RETURN_IF_ERROR(each(logged));
      after = logged.number();
    }
    if (page.size() < storage::kEventsPerPage) return absl::OkStatus();
  }
}

}  // namespace vivier::relations
