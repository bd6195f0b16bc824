#include "shared/rpc/person_reads.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/metrics.h"
#include "shared/security/roles.h"
#include "shared/service/catalogue.h"
#include "shared/storage/log/house_tables.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

using storage::Value;

// The permission to go beyond, held by the head of the school alone ("*").
constexpr char kExceed[] = "readBudgets.exceed";

// Of house::PersonReads().
constexpr size_t kPerson = 3, kReads = 4, kOpened = 7;

// The persons whom the principal was shown that day.
absl::StatusOr<ShownPersons> Known(storage::Unit& unit, const std::string& principal, int64_t day) {
  ASSIGN_OR_RETURN(
      const std::vector<storage::Row> rows,
      storage::house::PersonReads().Select(unit.transaction(), "principal = $2 AND day = $3",
                                           {Value(principal), Value(day)}));
  ShownPersons known;
  for (const storage::Row& row : rows) {
    const std::string& person = std::get<std::string>(row[kPerson]);
    const int64_t reads = std::get<int64_t>(row[kReads]), opened = std::get<int64_t>(row[kOpened]);
    if (opened > 0) known.opened.insert(person);
    if (reads > opened) known.rows.insert(person);
  }
  return known;
}

void Alarm(const security::Caller& caller, const storage::Origin& origin, absl::string_view what,
           absl::string_view budget, size_t persons) {
  metrics::ReadBudgetAlarms(std::string(what)).Increment();
  Log(LogLevel::kWarning, absl::StrCat("read budget ", what),
      {{"principal", caller.subject},
       {"method", origin.method},
       {"budget", budget},
       {"persons", absl::StrCat(persons)}});
}

// The first instant of the next day, UTC.
std::string RenewalAfter(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec,
                          absl::UnixEpoch() + absl::Hours(24) * (UtcDayNumber(time) + 1),
                          absl::UTCTimeZone());
}

absl::Status Spent(absl::string_view budget, size_t limit, absl::Time time) {
  const std::string renewal = RenewalAfter(time);
  return Error(
      absl::StatusCode::kResourceExhausted, "READ_BUDGET_SPENT",
      absl::StrCat("this would show more than ", limit, limit == 1 ? " person" : " people",
                   " in a day (", budget == "opened" ? "files opened" : "rows listed",
                   "); the budget is renewed at ", renewal),
      {{"budget", std::string(budget)}, {"limit", absl::StrCat(limit)}, {"renew_time", renewal}});
}

// One budget of a caller.
struct Budget {
  absl::string_view name;  // "opened" or "rows"
  int limit;
  const std::set<std::string>& known;
  const std::set<std::string>& shown;
};

// `may_exceed` is whether the caller may go beyond, and says why they do.
absl::Status Check(const Budget& budget, const security::Caller& caller, bool may_exceed,
                   const storage::Origin& origin, absl::Time time) {
  if (budget.limit < 0) return absl::OkStatus();
  const auto limit = static_cast<size_t>(budget.limit);
  const size_t before = budget.known.size();
  size_t after = before;
  for (const std::string& person : budget.shown) after += budget.known.count(person) == 0 ? 1 : 0;
  if (after > limit && after > before) {
    Alarm(caller, origin, may_exceed ? "exceeded with a reason" : "spent", budget.name,
          may_exceed ? after : before);
    return may_exceed ? absl::OkStatus() : Spent(budget.name, limit, time);
  }
  if (before < limit / 2 && after >= limit / 2)
    Alarm(caller, origin, "half spent", budget.name, after);
  return absl::OkStatus();
}

// Whom the principal was shown before; nobody is looked up where nothing is bounded.
absl::StatusOr<ShownPersons> CheckBudgets(storage::Unit& unit, const security::Caller& caller,
                                          const ReadBudget& limits, const ShownPersons& shown,
                                          const storage::Origin& origin, absl::Time time) {
  if (limits.opened < 0 && limits.rows < 0) return ShownPersons();
  ASSIGN_OR_RETURN(ShownPersons known, Known(unit, caller.subject, UtcDayNumber(time)));
  const bool may_exceed =
      !origin.reason.empty() && security::Allows(caller, kExceed, unit.school());
  RETURN_IF_ERROR(Check({"opened", limits.opened, known.opened, shown.opened}, caller, may_exceed,
                        origin, time));
  RETURN_IF_ERROR(
      Check({"rows", limits.rows, known.rows, shown.rows}, caller, may_exceed, origin, time));
  return known;
}

// One more, of which `first` says what is stored of the first. A file counts each time that it is
// opened, a row once: who looks at a list again writes nothing.
absl::Status CountRead(storage::Transaction& transaction, const storage::Row& first) {
  const storage::PlainTable& table = storage::house::PersonReads();
  ASSIGN_OR_RETURN(const std::vector<storage::Row> known,
                   table.Select(transaction, "principal = $2 AND day = $3 AND person = $4",
                                {first[1], first[2], first[kPerson]}));
  if (known.empty()) return table.Insert(transaction, first);
  const int64_t reads = std::get<int64_t>(known[0][kReads]);
  const int64_t opened = std::get<int64_t>(known[0][kOpened]);
  const int64_t opens = std::get<int64_t>(first[kOpened]);
  if (opens == 0 && reads > opened) return absl::OkStatus();
  storage::Row more = known[0];
  more[kReads] = reads + 1;
  more[kOpened] = opened + opens;
  return table.Update(transaction, known[0], std::move(more));
}

void Remember(storage::Unit& unit, const security::Caller& caller, const std::string& person,
              bool opened, const storage::Origin& origin, absl::Time time) {
  unit.Later([first = storage::Row{unit.school(), caller.subject, UtcDayNumber(time), person,
                                   int64_t{1}, origin.method, absl::ToUnixMicros(time),
                                   int64_t{opened ? 1 : 0}}](storage::Transaction& transaction) {
    return CountRead(transaction, first);
  });
}

// Whether the caller may get each of them by its name.
bool MayRead(const security::Caller& caller, const std::string& school,
             const std::map<std::string, const google::protobuf::Descriptor*>& told) {
  return std::all_of(told.begin(), told.end(), [&](const auto& person) {
    const google::protobuf::MethodDescriptor* get = MethodGetting(*person.second);
    return get != nullptr &&
           security::Allows(caller, get->options().GetExtension(options::v1::permission), school);
  });
}

// The same refusal, of somebody.
absl::Status WithoutNames(const absl::Status& refusal,
                          const std::map<std::string, const google::protobuf::Descriptor*>& told) {
  Metadata metadata;
  for (const auto& entry : MetadataOf(refusal))
    if (told.count(entry.second) == 0) metadata.push_back(entry);
  std::string message(refusal.message());
  for (const auto& [name, type] : told) absl::StrReplaceAll({{name, "somebody"}}, &message);
  return Error(refusal.code(), ReasonOf(refusal), message, metadata);
}

}  // namespace

int64_t CountOf(const ShownPersons& shown) {
  size_t count = shown.opened.size();
  for (const std::string& person : shown.rows) count += 1 - shown.opened.count(person);
  return static_cast<int64_t>(count);
}

bool IsWatched(const security::Caller& caller) {
  return caller.kind != security::Caller::Kind::kService;
}

absl::Status RememberReads(storage::Unit& unit, const security::Caller& caller,
                           const ReadBudgets& budgets, const ShownPersons& shown,
                           const storage::Origin& origin, absl::Time time) {
  if (shown.empty() || !IsWatched(caller)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ShownPersons known,
                   CheckBudgets(unit, caller, budgets.Of(caller), shown, origin, time));
  for (const std::string& person : shown.opened) Remember(unit, caller, person, true, origin, time);
  for (const std::string& person : shown.rows)
    if (known.rows.count(person) == 0) Remember(unit, caller, person, false, origin, time);
  return absl::OkStatus();
}

absl::Status RememberRefusal(storage::Transaction& transaction, const security::Caller& caller,
                             const ReadBudgets& budgets, const absl::Status& refusal,
                             const google::protobuf::Message& request, storage::Origin origin,
                             absl::Time time) {
  if (!IsWatched(caller)) return refusal;
  const auto told = PersonsToldBy(refusal, request);
  if (told.empty()) return refusal;
  if (!MayRead(caller, transaction.school(), told)) return WithoutNames(refusal, told);
  ShownPersons shown;
  for (const auto& [name, type] : told) shown.opened.insert(name);
  origin.request_id.clear();  // the same may follow, and succeed
  origin.shown = CountOf(shown);
  storage::Unit unit(transaction);
  const absl::Status remembered = RememberReads(unit, caller, budgets, shown, origin, time);
  if (absl::IsResourceExhausted(remembered)) return WithoutNames(refusal, told);
  RETURN_IF_ERROR(remembered);
  RETURN_IF_ERROR(unit.Apply(origin, time));
  return refusal;
}

absl::Status WithoutOthers(const absl::Status& refusal, const security::Caller& caller,
                           const google::protobuf::Message& request) {
  if (!IsWatched(caller)) return refusal;
  const auto told = PersonsToldBy(refusal, request);
  return told.empty() ? refusal : WithoutNames(refusal, told);
}

ReadWork::ReadWork(std::string school, security::Caller caller, const ReadBudgets& budgets,
                   ShownPersons shown, storage::Origin origin,
                   std::function<void(const absl::Status&)> remembered)
    : school_(std::move(school)),
      caller_(std::move(caller)),
      budgets_(budgets),
      shown_(std::move(shown)),
      origin_(std::move(origin)),
      remembered_(std::move(remembered)) {
  origin_.shown = CountOf(shown_);
}

void ReadWork::Run(storage::Transaction& transaction, absl::Time now) {
  storage::Unit unit(transaction);
  verdict_ = RememberReads(unit, caller_, budgets_, shown_, origin_, now);
  if (verdict_.ok()) verdict_ = unit.Apply(origin_, now);
}

}  // namespace vivier::rpc
