#include "shared/rpc/person_reads.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/metrics.h"
#include "shared/security/roles.h"
#include "shared/storage/log/house_tables.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using storage::Value;

// Held by the head of the school alone ("*").
constexpr char kExceed[] = "readBudgets.exceed";

const pb::FieldDescriptor* PersonField(const pb::Descriptor& type) {
  return type.FindFieldByName(type.options().GetExtension(options::v1::person));
}

bool NamesPersons(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  if (PersonField(type) != nullptr) return true;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (field.message_type() != nullptr && !field.is_map() &&
        NamesPersons(*field.message_type(), seen))
      return true;
  }
  return false;
}

// Where a message of a type says whose data it holds.
struct Places {
  const pb::FieldDescriptor* person;              // null where no field of its own does
  std::vector<const pb::FieldDescriptor*> below;  // the messages in it that may
};

// Read from the descriptor once: looking at every field of every answer would cost more than the
// look-ups.
const Places& PlacesOf(const pb::Descriptor& type) {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::map<const pb::Descriptor*, Places>;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = all.try_emplace(&type);
  if (!is_new) return entry->second;
  entry->second.person = PersonField(type);
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor* field = type.field(i);
    std::set<const pb::Descriptor*> seen;
    if (field->message_type() != nullptr && !field->is_map() &&
        NamesPersons(*field->message_type(), seen))
      entry->second.below.push_back(field);
  }
  return entry->second;
}

void Collect(const pb::Message& message, std::set<std::string>& persons) {
  const pb::Reflection& reflection = *message.GetReflection();
  const Places& places = PlacesOf(*message.GetDescriptor());
  if (places.person != nullptr) persons.insert(reflection.GetString(message, places.person));
  for (const pb::FieldDescriptor* field : places.below) {
    if (!field->is_repeated()) {
      if (reflection.HasField(message, field))
        Collect(reflection.GetMessage(message, field), persons);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i)
      Collect(reflection.GetRepeatedMessage(message, field, i), persons);
  }
}

// The persons whom the principal was shown that day.
absl::StatusOr<std::set<std::string>> Known(storage::Unit& unit, const std::string& principal,
                                            int64_t day) {
  ASSIGN_OR_RETURN(
      storage::Result result,
      unit.transaction().connection().Query(
          "SELECT person FROM person_reads WHERE school = $1 AND principal = $2 AND day = $3",
          {Value(unit.school()), Value(principal), Value(day)}));
  std::set<std::string> known;
  for (const storage::Row& row : result.rows) known.insert(std::get<std::string>(row[0]));
  return known;
}

void Alarm(const security::Caller& caller, const storage::Origin& origin, absl::string_view what,
           size_t persons) {
  metrics::ReadBudgetAlarms(std::string(what)).Increment();
  Log(LogLevel::kWarning, absl::StrCat("read budget ", what),
      {{"principal", caller.subject},
       {"method", origin.method},
       {"persons", absl::StrCat(persons)}});
}

absl::Status CheckBudget(storage::Unit& unit, const security::Caller& caller, size_t budget,
                         const std::vector<std::string>& persons, const storage::Origin& origin,
                         absl::Time time) {
  ASSIGN_OR_RETURN(std::set<std::string> known, Known(unit, caller.subject, UtcDayNumber(time)));
  const size_t before = known.size();
  known.insert(persons.begin(), persons.end());
  if (known.size() > budget && known.size() > before) {
    if (!origin.reason.empty() && security::Allows(caller, kExceed, unit.school())) {
      Alarm(caller, origin, "exceeded with a reason", known.size());
      return absl::OkStatus();
    }
    Alarm(caller, origin, "spent", before);
    return Error(
        absl::StatusCode::kResourceExhausted, "READ_BUDGET_SPENT",
        absl::StrCat("this would show the data of more than ", budget, " people in a day"));
  }
  if (before < budget / 2 && known.size() >= budget / 2)
    Alarm(caller, origin, "half spent", known.size());
  return absl::OkStatus();
}

// One more, of which `first` says what is stored of the first.
absl::Status CountRead(storage::Transaction& transaction, const storage::Row& first) {
  constexpr size_t kReads = 4;
  const storage::PlainTable& reads = storage::house::PersonReads();
  ASSIGN_OR_RETURN(const std::vector<storage::Row> known,
                   reads.Select(transaction, "principal = $2 AND day = $3 AND person = $4",
                                {first[1], first[2], first[3]}));
  if (known.empty()) return reads.Insert(transaction, first);
  storage::Row more = known[0];
  more[kReads] = std::get<int64_t>(more[kReads]) + 1;
  return reads.Update(transaction, known[0], std::move(more));
}

}  // namespace

std::vector<std::string> PersonsIn(const pb::Message& message) {
  std::set<std::string> persons;
  Collect(message, persons);
  persons.erase("");
  return {persons.begin(), persons.end()};
}

bool IsWatched(const security::Caller& caller) {
  return caller.kind != security::Caller::Kind::kService;
}

absl::Status RememberReads(storage::Unit& unit, const security::Caller& caller,
                           const ReadBudgets& budgets, const std::vector<std::string>& persons,
                           const storage::Origin& origin, absl::Time time) {
  if (persons.empty() || !IsWatched(caller)) return absl::OkStatus();
  const int budget =
      caller.kind == security::Caller::Kind::kPartner ? budgets.partner : budgets.person;
  if (budget >= 0)
    RETURN_IF_ERROR(CheckBudget(unit, caller, static_cast<size_t>(budget), persons, origin, time));
  for (const std::string& person : persons)
    unit.Later([first = storage::Row{unit.school(), caller.subject, UtcDayNumber(time), person,
                                     int64_t{1}, origin.method, absl::ToUnixMicros(time)}](
                   storage::Transaction& transaction) { return CountRead(transaction, first); });
  return absl::OkStatus();
}

ReadWork::ReadWork(std::string school, security::Caller caller, ReadBudgets budgets,
                   std::vector<std::string> persons, storage::Origin origin,
                   std::function<void(const absl::Status&)> remembered)
    : school_(std::move(school)),
      caller_(std::move(caller)),
      budgets_(budgets),
      persons_(std::move(persons)),
      origin_(std::move(origin)),
      remembered_(std::move(remembered)) {}

void ReadWork::Run(storage::Transaction& transaction, absl::Time now) {
  storage::Unit unit(transaction);
  verdict_ = RememberReads(unit, caller_, budgets_, persons_, origin_, now);
  if (verdict_.ok()) verdict_ = unit.Apply(origin_, now);
}

}  // namespace vivier::rpc
