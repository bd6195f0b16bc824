#include "shared/storage/log/erasure.h"

#include <memory>

#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

std::string SubjectOf(const pb::Message& event) {
  const pb::Descriptor* type = event.GetDescriptor();
  return event.GetReflection()->GetString(
      event, type->FindFieldByName(type->options().GetExtension(options::v1::event).subject()));
}

absl::Status DestroyKeysOf(Transaction& transaction, const pb::Message& event, absl::Time now) {
  for (const std::string& person : ErasedBy(event)) RETURN_IF_ERROR(transaction.DestroyKey(person));
  return transaction.connection().Send(
      "UPDATE erasures SET erase_time = $3 WHERE school = $1 AND subject = $2 AND erase_time IS "
      "NULL",
      {Value(transaction.school()), Value(SubjectOf(event)), Value(absl::ToUnixMicros(now))});
}

// Those of the own log that no follower has still to apply.
absl::Status DestroyAwaited(Transaction& transaction, absl::Time now) {
  ASSIGN_OR_RETURN(
      Result ready,
      transaction.connection().Query(
          "SELECT type, payload FROM erasures WHERE school = $1 AND erase_time IS NULL AND "
          "NOT EXISTS (SELECT 1 FROM followers WHERE followers.school = erasures.school AND "
          "followers.number < erasures.number)",
          {Value(transaction.school())}));
  for (const Row& row : ready.rows) {
    const pb::Descriptor* type =
        pb::DescriptorPool::generated_pool()->FindMessageTypeByName(std::get<std::string>(row[0]));
    if (type == nullptr) continue;  // a newer binary erases it
    const std::unique_ptr<pb::Message> event = NewMessage(type);
    if (!event->ParseFromString(std::get<Bytes>(row[1]).data))
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
  for (const std::string& person : persons) RETURN_IF_ERROR(transaction.RetireKey(person, now));
  RETURN_IF_ERROR(transaction.connection().Send(
      "INSERT INTO erasures (school, subject, type, payload, number) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (school, subject) DO NOTHING",
      {Value(transaction.school()), Value(SubjectOf(event)),
       Value(event.GetDescriptor()->full_name()), Value(Bytes{event.SerializeAsString()}),
       Value(number)}));
  return number == 0 ? DestroyKeysOf(transaction, event, now) : DestroyAwaited(transaction, now);
}

absl::Status StoreFollower(Transaction& transaction, const std::string& follower, int64_t number,
                           absl::Time now) {
  RETURN_IF_ERROR(transaction.connection().Send(
      "INSERT INTO followers (school, follower, number) VALUES ($1, $2, $3) "
      "ON CONFLICT (school, follower) DO UPDATE SET number = excluded.number",
      {Value(transaction.school()), Value(follower), Value(number)}));
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
