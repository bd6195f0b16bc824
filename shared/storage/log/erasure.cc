#include "shared/storage/log/erasure.h"

#include <map>

#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/storage/log/house_tables.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

// Of house::Erasures(), in its order.
constexpr size_t kType = 2, kPayload = 3, kEraseTime = 5;

std::string SubjectOf(const pb::Message& event) {
  const pb::Descriptor* type = event.GetDescriptor();
  return event.GetReflection()->GetString(
      event, type->FindFieldByName(type->options().GetExtension(options::v1::event).subject()));
}

absl::Status DestroyKeysOf(Transaction& transaction, const pb::Message& event, absl::Time now) {
  for (const std::string& person : ErasedBy(event))
    RETURN_IF_ERROR(transaction.keys().Destroy(person));
  return house::Erasures()
      .Change(transaction, "subject = $2 AND erase_time IS NULL", {Value(SubjectOf(event))},
              [now](Row& row) { row[kEraseTime] = absl::ToUnixMicros(now); })
      .status();
}

// Those of the own log that no follower has still to apply.
absl::Status DestroyAwaited(Transaction& transaction, absl::Time now) {
  ASSIGN_OR_RETURN(
      const std::vector<Row> ready,
      house::Erasures().Select(
          transaction,
          "erase_time IS NULL AND NOT EXISTS (SELECT 1 FROM followers WHERE followers.school = "
          "erasures.school AND followers.number < erasures.number)",
          {}));
  for (const Row& row : ready) {
    const std::string& type = std::get<std::string>(row[kType]);
    if (!Erases(type)) continue;  // a newer binary erases it
    ASSIGN_OR_RETURN(const auto event, ReadErasing(type, std::get<Bytes>(row[kPayload]).data));
    RETURN_IF_ERROR(DestroyKeysOf(transaction, *event, now));
  }
  return absl::OkStatus();
}

// Whether the sum of their table is what its rows have.
absl::StatusOr<bool> AreKeysCounted(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result rows,
                   transaction.connection().Query("SELECT mac FROM person_keys WHERE school = $1",
                                                  {Value(transaction.school())}));
  const std::string& table = house::PersonKeys().name();
  TableSums found;
  for (const Row& row : rows.rows)
    if (const auto* mac = std::get_if<Bytes>(&row[0])) found.Add(table, mac->data);
  return transaction.head().sums.DifferenceTo(found, table).empty();
}

}  // namespace

bool Erases(const std::string& type) {
  const pb::Descriptor* event = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  return event != nullptr && !event->options().GetExtension(options::v1::erases).empty();
}

std::vector<options::v1::KeptPeriod> KeptBy(const pb::Message& event) {
  std::vector<options::v1::KeptPeriod> kept;
  const pb::Descriptor* type = event.GetDescriptor();
  const pb::Reflection& reflection = *event.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (!field->is_repeated() || field->message_type() != options::v1::KeptPeriod::descriptor())
      continue;
    for (int j = 0; j < reflection.FieldSize(event, field); ++j)
      kept.push_back(static_cast<const options::v1::KeptPeriod&>(
          reflection.GetRepeatedMessage(event, field, j)));
  }
  return kept;
}

absl::StatusOr<std::unique_ptr<pb::Message>> ReadErasing(const std::string& type,
                                                         const std::string& payload) {
  const pb::Descriptor* known = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (known == nullptr) return Internal("an erasure of a type that this binary does not know");
  std::unique_ptr<pb::Message> event = NewMessage(known);
  if (!event->ParseFromString(payload)) return Internal("an erasure that cannot be read");
  return event;
}

std::vector<std::string> ErasedBy(const pb::Message& event) {
  const pb::Descriptor* type = event.GetDescriptor();
  const pb::FieldDescriptor* field =
      type->FindFieldByName(type->options().GetExtension(options::v1::erases));
  std::vector<std::string> names;
  if (field == nullptr) return names;
  const pb::Reflection& reflection = *event.GetReflection();
  const bool keeps = !KeptBy(event).empty();
  for (int i = 0; i < reflection.FieldSize(event, field); ++i) {
    names.push_back(reflection.GetRepeatedString(event, field, i));
    if (!keeps && !IsProof(names.back())) names.push_back(ProofOf(names.back()));
  }
  return names;
}

absl::Status ErasePersons(Transaction& transaction, const pb::Message& event, int64_t number,
                          absl::Time now) {
  const std::vector<std::string> persons = ErasedBy(event);
  if (persons.empty()) return absl::OkStatus();
  transaction.news().erasures = true;
  for (const std::string& person : persons) RETURN_IF_ERROR(transaction.keys().Retire(person, now));
  ASSIGN_OR_RETURN(
      const std::vector<Row> known,
      house::Erasures().Select(transaction, "subject = $2", {Value(SubjectOf(event))}));
  if (known.empty())
    RETURN_IF_ERROR(house::Erasures().Insert(
        transaction, {transaction.school(), SubjectOf(event), event.GetDescriptor()->full_name(),
                      Bytes{event.SerializeAsString()}, number, Value(), Value()}));
  return number == 0 ? DestroyKeysOf(transaction, event, now) : DestroyAwaited(transaction, now);
}

absl::StatusOr<std::vector<RevivedKey>> RevivedKeys(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result erasures,
                   transaction.connection().Query(
                       "SELECT type, payload, erase_time, COALESCE((SELECT create_time FROM events "
                       "WHERE events.school = erasures.school AND events.number = "
                       "erasures.number), erase_time) FROM erasures WHERE school = $1 ORDER BY "
                       "subject",
                       {Value(transaction.school())}));
  if (erasures.rows.empty()) return std::vector<RevivedKey>();
  ASSIGN_OR_RETURN(const Result retired,
                   transaction.connection().Query(
                       "SELECT person, CAST(length(wrapped) AS BIGINT) FROM person_keys WHERE "
                       "school = $1 AND erase_time IS NOT NULL",
                       {Value(transaction.school())}));
  std::map<std::string, int64_t> lengths;
  for (const Row& row : retired.rows)
    lengths[std::get<std::string>(row[0])] = std::get<int64_t>(row[1]);
  std::vector<RevivedKey> revived;
  for (const Row& row : erasures.rows) {
    const std::string& type = std::get<std::string>(row[0]);
    if (!Erases(type)) continue;
    const bool is_over = !std::holds_alternative<std::monostate>(row[2]);
    ASSIGN_OR_RETURN(const auto event, ReadErasing(type, std::get<Bytes>(row[1]).data));
    for (const std::string& name : ErasedBy(*event)) {
      const auto key = lengths.find(name);
      const bool in_use = key == lengths.end();
      if (in_use || (is_over && key->second > 0))
        revived.push_back({name, in_use, is_over, row[3]});
    }
  }
  return revived;
}

absl::Status EraseRevived(Transaction& transaction, absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<RevivedKey> revived, RevivedKeys(transaction));
  ASSIGN_OR_RETURN(const bool are_counted, AreKeysCounted(transaction));
  const TableSums sums = transaction.head().sums;
  for (const RevivedKey& key : revived) {
    const int64_t* time = std::get_if<int64_t>(&key.time);
    RETURN_IF_ERROR(
        transaction.keys().Retire(key.name, time == nullptr ? now : absl::FromUnixMicros(*time)));
    if (key.is_over) RETURN_IF_ERROR(transaction.keys().Destroy(key.name));
  }
  if (!are_counted) transaction.head().sums = sums;
  return absl::OkStatus();
}

absl::Status StoreFollower(Transaction& transaction, const std::string& follower, int64_t number,
                           absl::Time now) {
  RETURN_IF_ERROR(house::Followers().Put(transaction, {transaction.school(), follower, number}));
  return DestroyAwaited(transaction, now);
}

absl::StatusOr<bool> IsFollowerStored(Transaction& transaction, const std::string& follower,
                                      int64_t number) {
  ASSIGN_OR_RETURN(
      Result stored,
      transaction.connection().Query(
          "SELECT number FROM followers WHERE school = $1 AND follower = $2 AND number = "
          "$3 AND NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.school = $1 AND "
          "erase_time IS NULL)",
          {Value(transaction.school()), Value(follower), Value(number)}));
  return !stored.rows.empty();
}

}  // namespace vivier::storage
