#include "shared/rotation/rotation.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rotation/place.h"
#include "shared/rotation/school_keys.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/mac_audit.h"

namespace vivier::rotation {
namespace {

using storage::Bytes;
using storage::MacTable;
using storage::Row;
using storage::Transaction;
using storage::Value;

constexpr char kMethod[] = "vivier.rotate-keys";
constexpr char kPersonKeys[] = "person_keys";
constexpr size_t kPerson = 1, kWrapped = 2;  // of house::PersonKeys()

absl::Status Record(Transaction& transaction, const std::string& principal,
                    const std::string& reason, absl::Time now) {
  return storage::AppendRecord(
      transaction,
      {principal, kMethod, absl::StrCat("schools/", transaction.school()), "", "", "", reason},
      now);
}

// The newest key's row while rows are brought under it.
absl::StatusOr<std::optional<Row>> UnderWay(Transaction& transaction) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   storage::house::SchoolKeys().Select(
                       transaction, "number > 0 ORDER BY number DESC LIMIT 1", {}));
  if (rows.empty() || std::holds_alternative<std::monostate>(rows[0][kPosition]))
    return std::nullopt;
  return std::move(rows[0]);
}

absl::Status AnotherIsUnderWay(const std::string& key) {
  return Error(absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY",
               absl::StrCat("rows are still brought under the school key ", key,
                            ": put its file back as keys/", security::kSchoolKeyFile,
                            " until that has ended"));
}

// One table of the walk, with what renews its rows.
class Walk {
 public:
  Walk(Transaction& transaction, const MacTable& table)
      : transaction_(transaction), table_(table), is_wrapped_(Name() == kPersonKeys) {
    std::vector<std::string> key;
    for (size_t i = 0; i < table.keys; ++i)
      key.push_back(absl::StrCat(table.columns[i], " = $", i + 1));
    update_ = absl::StrCat("UPDATE ", Name(), " SET mac = $", table.keys + 1,
                           is_wrapped_ ? absl::StrCat(", wrapped = $", table.keys + 2) : "",
                           " WHERE ", absl::StrJoin(key, " AND "));
  }

  const std::string& Name() const { return table_.layout->table; }

  // The rows behind `after`, which stands at the last of them afterwards; empties it at the end.
  absl::StatusOr<std::vector<Row>> Next(int rows, std::vector<Value>& after) {
    std::vector<Value> parameters = {Value(transaction_.school())};
    parameters.insert(parameters.end(), after.begin(), after.end());
    ASSIGN_OR_RETURN(
        storage::Result page,
        transaction_.connection().Query(storage::PageOf(table_, rows, after.empty()), parameters));
    after.clear();
    if (page.rows.size() == static_cast<size_t>(rows))
      after.assign(page.rows.back().begin() + 1,
                   page.rows.back().begin() + static_cast<std::ptrdiff_t>(table_.keys));
    return std::move(page.rows);
  }

  // Whether a key vouches for the row, which is under the current one then.
  absl::StatusOr<bool> Renew(const Row& row) {
    const storage::MacKeys& keys = *transaction_.row_keys();
    Row values(row.begin(), row.end() - 1);
    if (storage::IsMacUnder(keys[0], *table_.layout, values, row.back())) return true;
    const storage::MacVerdict verdict = storage::CheckMac(keys, *table_.layout, values, row.back());
    if (verdict == storage::MacVerdict::kNewer)
      return storage::ToStatus(verdict, Name(), KeyOf(row));
    if (verdict == storage::MacVerdict::kWrong) return false;
    if (is_wrapped_) RETURN_IF_ERROR(WrapAgain(values));
    const Value mac = Bytes{storage::MacOfRow(keys[0], *table_.layout, values)};
    std::vector<Value> parameters(row.begin(),
                                  row.begin() + static_cast<std::ptrdiff_t>(table_.keys));
    parameters.push_back(mac);
    if (is_wrapped_) parameters.push_back(values[kWrapped]);
    RETURN_IF_ERROR(transaction_.connection().Send(update_, parameters, 1));
    transaction_.Counted(Name(), &row.back(), &mac);
    return true;
  }

 private:
  // A key that was destroyed is empty and stays so.
  absl::Status WrapAgain(Row& row) {
    const std::string wrapped = std::get<Bytes>(row[kWrapped]).data;
    const security::SchoolKey& key = *transaction_.school_key();
    if (wrapped.empty() || !key.IsOutdated(wrapped)) return absl::OkStatus();
    const std::string& person = std::get<std::string>(row[kPerson]);
    ASSIGN_OR_RETURN(const security::Key opened, key.Unwrap(wrapped, person));
    row[kWrapped] = Bytes{key.Wrap(opened, person)};
    return absl::OkStatus();
  }

  static std::string KeyOf(const Row& row) {
    const std::string* text = std::get_if<std::string>(&row[1]);
    return text == nullptr ? "a row" : *text;
  }

  Transaction& transaction_;
  const MacTable& table_;
  const bool is_wrapped_;
  std::string update_;
};

// The table where the walk goes on, null behind the last; `place` is made its beginning where it
// stands elsewhere.
const MacTable* TableAt(const std::vector<MacTable>& tables, Place& place) {
  const MacTable* next = nullptr;
  for (const MacTable& table : tables) {
    const std::string& name = table.layout->table;
    if (name < place.table || (name == place.table && place.ended)) continue;
    if (next == nullptr || name < next->layout->table) next = &table;
  }
  if (next != nullptr && next->layout->table != place.table)
    place = {next->layout->table, false, {}};
  return next;
}

const rpc::Renaming* RenamingOf(const rpc::Service& service, const std::string& table) {
  for (const rpc::Renaming& renaming : service.renamings())
    if (renaming.schema->table() == table) return &renaming;
  return nullptr;
}

absl::Status Rename(const rpc::Renaming& renaming, Transaction& transaction,
                    const std::vector<std::string>& names, absl::Time now) {
  static const security::Caller& house = *new security::Caller{
      "service/house", security::Caller::Kind::kService, {"service"}, {"*"}, ""};
  const rpc::Fetched none;
  storage::Unit unit(transaction);
  rpc::Call call(house, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, none);
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const google::protobuf::Message* row, unit.Find(*renaming.schema, name));
    const absl::Status renamed = row == nullptr ? absl::OkStatus() : renaming.rename(call, *row);
    // What it is of was changed by SQL: it stays, and `verify` goes on naming that.
    if (ReasonOf(renamed) != "ROW_CHANGED") RETURN_IF_ERROR(renamed);
  }
  return unit.Apply({house.subject, kMethod, absl::StrCat("schools/", transaction.school()), "", "",
                     "", renaming.schema->table()},
                    now);
}

// A page of the table; gives how many rows it had and moves `place`.
absl::StatusOr<int64_t> StepIn(const rpc::Service& service, const MacTable& table,
                               Transaction& transaction, absl::Time now, Place& place) {
  Walk walk(transaction, table);
  const rpc::Renaming* renaming = RenamingOf(service, walk.Name());
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   walk.Next(renaming == nullptr ? kStepRows : kNamedStepRows, place.after));
  place.ended = place.after.empty();
  std::vector<std::string> vouched;
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(const bool is_vouched, walk.Renew(row));
    if (is_vouched && renaming != nullptr) vouched.push_back(std::get<std::string>(row[1]));
  }
  if (renaming != nullptr) RETURN_IF_ERROR(Rename(*renaming, transaction, vouched, now));
  return static_cast<int64_t>(rows.size());
}

// Behind the last table.
absl::Status End(Transaction& transaction, const Row& key, absl::Time now) {
  Row ended = key;
  ended[kPosition] = Value();
  RETURN_IF_ERROR(storage::house::SchoolKeys().Update(transaction, key, std::move(ended)));
  return Record(
      transaction, "service/house",
      absl::StrCat("no row is under an older key than ", std::get<std::string>(key[kKeyId])), now);
}

absl::Status AddKey(Transaction& transaction, std::vector<Row> known, absl::Time now) {
  const security::SchoolKey& current = *transaction.school_key();
  const Value time = absl::ToUnixMicros(now);
  for (const Row& before : known) {
    Row after = before;
    if (std::holds_alternative<std::monostate>(after[kEndTime])) after[kEndTime] = time;
    SignKey(current, transaction.school(), after);
    RETURN_IF_ERROR(storage::house::SchoolKeys().Update(transaction, before, std::move(after)));
  }
  return storage::house::SchoolKeys().Insert(
      transaction, {transaction.school(), std::get<int64_t>(known.back()[kNumber]) + 1,
                    current.id(), security::PublicKeyLine(current.signing_key()), time, Value(),
                    Bytes{}, Bytes{Place().Encode()}, int64_t{0}});
}

absl::Status BeginHere(Transaction& transaction, const std::string& principal, absl::Time now) {
  if (transaction.school_key() == nullptr) return Internal("this process holds no school key");
  const std::string before = transaction.school_key()->id();
  storage::TurnKeys(transaction);
  const std::string current = transaction.school_key()->id();
  if (current == before) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<Row> under_way, UnderWay(transaction));
  if (under_way.has_value()) return AnotherIsUnderWay(std::get<std::string>((*under_way)[kKeyId]));
  ASSIGN_OR_RETURN(std::vector<Row> known, ReadKeys(transaction));
  if (known.empty()) return Internal("the school's keys are not known");
  RETURN_IF_ERROR(AddKey(transaction, std::move(known), now));
  return Record(transaction, principal, absl::StrCat("from key ", before, " to ", current), now);
}

absl::StatusOr<bool> StepHere(const rpc::Service& service, Transaction& transaction,
                              absl::Time now) {
  ASSIGN_OR_RETURN(const std::optional<Row> key, UnderWay(transaction));
  if (!key.has_value()) return false;
  storage::TurnKeys(transaction);
  if (transaction.school_key()->id() != std::get<std::string>((*key)[kKeyId]))
    return AnotherIsUnderWay(std::get<std::string>((*key)[kKeyId]));
  ASSIGN_OR_RETURN(Place place, Place::Decode(std::get<Bytes>((*key)[kPosition]).data));
  const std::vector<MacTable> tables = storage::MacTablesOf(service.schemas());
  const MacTable* table = TableAt(tables, place);
  if (table == nullptr) {
    RETURN_IF_ERROR(End(transaction, *key, now));
    return false;
  }
  ASSIGN_OR_RETURN(const int64_t rows, StepIn(service, *table, transaction, now, place));
  Row moved = *key;
  moved[kPosition] = Bytes{place.Encode()};
  moved[kRowsSeen] = std::get<int64_t>(moved[kRowsSeen]) + rows;
  RETURN_IF_ERROR(storage::house::SchoolKeys().Update(transaction, *key, std::move(moved)));
  return true;
}

}  // namespace

// What has begun is not committed in part, nor what others would write under the other key.
absl::Status Begin(Transaction& transaction, const std::string& principal, absl::Time now) {
  return transaction.connection().Poison(BeginHere(transaction, principal, now));
}

absl::StatusOr<bool> Step(const rpc::Service& service, Transaction& transaction, absl::Time now) {
  absl::StatusOr<bool> more = StepHere(service, transaction, now);
  if (!more.ok()) return transaction.connection().Poison(more.status());
  return more;
}

absl::StatusOr<Standing> Stands(Transaction& transaction) {
  Standing standing;
  ASSIGN_OR_RETURN(const std::vector<Row> keys, ReadKeys(transaction));
  if (keys.empty()) return standing;
  standing.key_id = std::get<std::string>(keys.back()[kKeyId]);
  standing.rows_seen = std::get<int64_t>(keys.back()[kRowsSeen]);
  standing.done = std::holds_alternative<std::monostate>(keys.back()[kPosition]);
  ASSIGN_OR_RETURN(const storage::Head head, storage::ReadHead(transaction));
  for (const auto& [table, sum] : head.sums.tables()) standing.rows += sum.rows;
  return standing;
}

}  // namespace vivier::rotation
