#include "shared/storage/log/erasure.h"

#include <memory>

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
    const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
        std::get<std::string>(row[kType]));
    if (type == nullptr) continue;  // a newer binary erases it
    const std::unique_ptr<pb::Message> event = NewMessage(type);
    if (!event->ParseFromString(std::get<Bytes>(row[kPayload]).data))
      return Internal("an erasure that cannot be read");
    RETURN_IF_ERROR(DestroyKeysOf(transaction, *event, now));
  }
  return absl::OkStatus();
}

}  // namespace

bool Erases(const std::string& type) {
  const pb::Descriptor* event = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  return event != nullptr && !event->options().GetExtension(options::v1::erases).empty();
}

std::vector<std::string> ErasedBy(const pb::Message& event) {
  const pb::Descriptor* type = event.GetDescriptor();
  const pb::FieldDescriptor* field =
      type->FindFieldByName(type->options().GetExtension(options::v1::erases));
  std::vector<std::string> names;
  if (field == nullptr) return names;
  const pb::Reflection& reflection = *event.GetReflection();
  for (int i = 0; i < reflection.FieldSize(event, field); ++i)
    names.push_back(reflection.GetRepeatedString(event, field, i));
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
