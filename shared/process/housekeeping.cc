#include "shared/process/housekeeping.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/process/erasure_list.h"
#include "shared/process/readings_end.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/operations.h"
#include "shared/storage/log/perform.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;
using storage::Bytes;
using storage::Result;
using storage::Transaction;
using storage::Value;

constexpr size_t kListTime = 6;  // of house::Erasures()

absl::StatusOr<ListedErasure> ReadErasure(const std::string& school, const storage::Row& row) {
  ASSIGN_OR_RETURN(
      std::shared_ptr<const pb::Message> event,
      storage::ReadErasing(std::get<std::string>(row[1]), std::get<Bytes>(row[2]).data));
  return ListedErasure{school, std::move(event)};
}

absl::StatusOr<bool> IsErased(Transaction& transaction, const pb::Message& event) {
  for (const std::string& person : storage::ErasedBy(event)) {
    ASSIGN_OR_RETURN(Result known,
                     transaction.connection().Query(
                         "SELECT COUNT(*) FROM person_keys WHERE school = $1 AND person = $2 AND "
                         "erase_time IS NOT NULL",
                         {Value(transaction.school()), Value(person)}));
    if (std::get<int64_t>(known.rows[0][0]) == 0) return false;
  }
  return true;
}

absl::Status EraseAgain(const rpc::Service& service, Transaction& transaction,
                        const pb::Message& event, absl::Time now) {
  ASSIGN_OR_RETURN(const bool erased, IsErased(transaction, event));
  if (erased) return absl::OkStatus();
  static const security::Caller& house = *new security::Caller{
      "service/house", security::Caller::Kind::kService, {"service"}, {"*"}, ""};
  const rpc::Fetched none;
  for (const rpc::Service::EventReaction& reaction : service.reactions()) {
    if (reaction.event != event.GetDescriptor()) continue;
    storage::Unit unit(transaction);
    rpc::Call call(house, absl::FromUnixMicros(absl::ToUnixMicros(now)), unit, none);
    RETURN_IF_ERROR(reaction.reaction(call, event));
    RETURN_IF_ERROR(
        unit.Apply({house.subject, event.GetDescriptor()->full_name(), "", "", "", ""}, now));
  }
  return storage::ErasePersons(transaction, event, 0, now);
}

std::string KeyOf(const ListedErasure& erasure) {
  return absl::StrCat(erasure.school, "\n", erasure.event->GetDescriptor()->full_name(), "\n",
                      erasure.event->SerializeAsString());
}

// Those that the database says were listed, and are not: the list was cut or taken away.
absl::StatusOr<std::vector<ListedErasure>> LostFrom(const std::set<std::string>& there,
                                                    const std::string& school,
                                                    rpc::Readers& readers) {
  std::vector<ListedErasure> lost;
  RETURN_IF_ERROR(readers.Read(school, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const Result listed,
                     transaction.connection().Query(
                         "SELECT subject, type, payload FROM erasures WHERE school = $1 AND "
                         "list_time IS NOT NULL ORDER BY subject",
                         {Value(school)}));
    for (const storage::Row& row : listed.rows) {
      ASSIGN_OR_RETURN(ListedErasure erasure, ReadErasure(school, row));
      if (there.count(KeyOf(erasure)) == 0) lost.push_back(std::move(erasure));
    }
    return absl::OkStatus();
  }));
  return lost;
}

// Whose keys somebody put back, while the process stood still: erased again before anybody is
// served, and said.
absl::Status EraseTheRevived(const std::string& service, const std::string& school,
                             rpc::Readers& readers, storage::Writer& writer) {
  std::vector<storage::RevivedKey> revived;
  RETURN_IF_ERROR(readers.Read(
      school,
      [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(revived, storage::RevivedKeys(transaction));
        return absl::OkStatus();
      },
      storage::Access::kLongRead));
  if (revived.empty()) return absl::OkStatus();
  Log(LogLevel::kError,
      "keys of erased persons were put back by another program; they are erased again",
      {{"service", service},
       {"school", school},
       {"count", absl::StrCat(revived.size())},
       {"first", revived.front().name}});
  return storage::Perform(writer, school, &storage::EraseRevived);
}

}  // namespace

Housekeeping::Housekeeping(Options options)
    : options_(std::move(options)),
      all_(*options_.scheduler, Scheduler::Lane::kHouse, [this] { RunAll(); }),
      erased_(*options_.scheduler, Scheduler::Lane::kHouse, [this] { ListErased(); }),
      readings_(*options_.scheduler, Scheduler::Lane::kHouse, [this] { EndReadings(); }) {}

absl::Status Housekeeping::ApplyList() {
  for (const std::string& school : options_.schools)
    RETURN_IF_ERROR(
        EraseTheRevived(options_.service->name(), school, *options_.readers, *options_.writer));
  ASSIGN_OR_RETURN(const std::vector<ListedErasure> erasures, ReadList(options_.data));
  for (const ListedErasure& erasure : erasures) {
    if (options_.schools.count(erasure.school) == 0) continue;
    bool erased = false;
    RETURN_IF_ERROR(
        options_.readers->Read(erasure.school, [&](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(erased, IsErased(transaction, *erasure.event));
          return absl::OkStatus();
        }));
    if (erased) continue;
    RETURN_IF_ERROR(storage::Perform(
        *options_.writer, erasure.school, [&](Transaction& transaction, absl::Time now) {
          return EraseAgain(*options_.service, transaction, *erasure.event, now);
        }));
  }
  std::set<std::string> there;
  for (const ListedErasure& erasure : erasures) there.insert(KeyOf(erasure));
  for (const std::string& school : options_.schools) {
    ASSIGN_OR_RETURN(const std::vector<ListedErasure> lost,
                     LostFrom(there, school, *options_.readers));
    if (lost.empty()) continue;
    Log(LogLevel::kWarning,
        "the list of erasures outside the database lacks some that stood there; they are listed "
        "again",
        {{"service", options_.service->name()},
         {"school", school},
         {"count", absl::StrCat(lost.size())}});
    RETURN_IF_ERROR(AppendToList(options_.data, options_.service->name(), lost));
  }
  return absl::OkStatus();
}

void Housekeeping::Begin() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    begun_ = true;
  }
  all_.In(absl::ZeroDuration());
  readings_.In(absl::ZeroDuration());
}

void Housekeeping::End() {
  all_.Close();
  erased_.Close();
  readings_.Close();
}

void Housekeeping::Erased(const std::string& school) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!begun_) return;
  with_erasures_.insert(school);
  erased_.In(absl::ZeroDuration());
}

void Housekeeping::RunAll() {
  const absl::Status done = RunOnce();
  if (!done.ok())
    Log(LogLevel::kWarning, "the house could not be kept",
        {{"service", options_.service->name()}, {"error", done.message()}});
  all_.In(done.ok() ? kInterval : kTryAgain);
}

void Housekeeping::ListErased() {
  std::set<std::string> schools;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    schools.swap(with_erasures_);
  }
  std::lock_guard<std::mutex> keeping(keeping_);
  for (const std::string& school : schools) {
    const absl::Status listed = ListErasures(school);
    if (listed.ok()) continue;
    Log(LogLevel::kWarning, "erasures could not be listed outside the database",
        {{"service", options_.service->name()}, {"school", school}, {"error", listed.message()}});
    all_.In(kTryAgain);
  }
}

// When the next day begins another one of the readings' is over.
void Housekeeping::EndReadings() {
  std::lock_guard<std::mutex> keeping(keeping_);
  for (const std::string& school : options_.schools) {
    const absl::Status ended = EndReadingsOf(school);
    if (ended.ok()) continue;
    Log(LogLevel::kWarning, "old readings could not be ended",
        {{"service", options_.service->name()}, {"school", school}, {"error", ended.message()}});
    return readings_.In(kTryAgain);
  }
  readings_.AtSite(absl::UnixEpoch() + absl::Hours(24) * (UtcDayNumber(options_.site()) + 1));
}

absl::Status Housekeeping::EndReadingsOf(const std::string& school) {
  const int64_t first_day = FirstDayOfReadings(options_.site(), options_.reading_months);
  int64_t& ended = first_days_[school];
  if (ended >= first_day) return absl::OkStatus();
  RETURN_IF_ERROR(site::EndReadings(*options_.writer, *options_.readers, school, first_day));
  ended = first_day;
  return absl::OkStatus();
}

absl::Status Housekeeping::RunOnce() {
  std::lock_guard<std::mutex> keeping(keeping_);
  for (const std::string& school : options_.schools) {
    RETURN_IF_ERROR(ListErasures(school));
    RETURN_IF_ERROR(DeleteAnswers(school));
    RETURN_IF_ERROR(DeleteOperations(school));
    RETURN_IF_ERROR(EndReadingsOf(school));
  }
  return absl::OkStatus();
}

absl::Status Housekeeping::ListErasures(const std::string& school) {
  std::vector<ListedErasure> erasures;
  std::vector<std::string> subjects;
  RETURN_IF_ERROR(options_.readers->Read(school, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(
        Result unlisted,
        transaction.connection().Query(
            absl::StrCat("SELECT subject, type, payload FROM erasures WHERE school = $1 AND "
                         "list_time IS NULL ORDER BY subject LIMIT ",
                         kErasuresMax),
            {Value(school)}));
    for (const storage::Row& row : unlisted.rows) {
      ASSIGN_OR_RETURN(ListedErasure erasure, ReadErasure(school, row));
      erasures.push_back(std::move(erasure));
      subjects.push_back(std::get<std::string>(row[0]));
    }
    return absl::OkStatus();
  }));
  if (erasures.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(AppendToList(options_.data, options_.service->name(), erasures));
  RETURN_IF_ERROR(storage::Perform(
      *options_.writer, school, [&](Transaction& transaction, absl::Time now) -> absl::Status {
        for (const std::string& subject : subjects)
          RETURN_IF_ERROR(
              storage::house::Erasures()
                  .Change(transaction, "subject = $2", {Value(subject)},
                          [now](storage::Row& row) { row[kListTime] = absl::ToUnixMicros(now); })
                  .status());
        return absl::OkStatus();
      }));
  return erasures.size() < kErasuresMax ? absl::OkStatus() : ListErasures(school);
}

absl::Status Housekeeping::DeleteAnswers(const std::string& school) {
  const Value before = absl::ToUnixMicros(options_.now() - kAnswersKept);
  while (true) {
    int64_t old = 0;
    RETURN_IF_ERROR(options_.readers->Read(school, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(
          Result found,
          transaction.connection().Query(
              "SELECT request_id FROM answers WHERE school = $1 AND create_time < $2 LIMIT 1",
              {Value(school), before}));
      old = static_cast<int64_t>(found.rows.size());
      return absl::OkStatus();
    }));
    if (old == 0) return absl::OkStatus();
    RETURN_IF_ERROR(
        storage::Perform(*options_.writer, school, [&](Transaction& transaction, absl::Time) {
          return storage::house::Answers()
              .Delete(transaction,
                      absl::StrCat("request_id IN (SELECT request_id FROM answers WHERE school = "
                                   "$1 AND create_time < $2 ORDER BY create_time LIMIT ",
                                   kAnswersMax, ")"),
                      {before})
              .status();
        }));
  }
}

// One in a transaction: it has as many steps as its file had pages.
absl::Status Housekeeping::DeleteOperations(const std::string& school) {
  const absl::Time before = options_.now() - kOperationsKept;
  while (true) {
    std::optional<std::string> ended;
    RETURN_IF_ERROR(options_.readers->Read(school, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(ended, storage::FindEndedOperation(transaction, before));
      return absl::OkStatus();
    }));
    if (!ended.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(
        storage::Perform(*options_.writer, school, [&](Transaction& transaction, absl::Time) {
          return storage::DeleteOperation(transaction, *ended);
        }));
  }
}

}  // namespace vivier::site
