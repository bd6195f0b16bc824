#include "shared/process/housekeeping.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/process/erasure_list.h"
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
  const pb::Descriptor* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(std::get<std::string>(row[1]));
  if (type == nullptr) return Internal("an erasure of a type that this binary does not know");
  const std::shared_ptr<pb::Message> event = NewMessage(type);
  if (!event->ParseFromString(std::get<Bytes>(row[2]).data))
    return Internal("an erasure that cannot be read");
  return ListedErasure{school, event};
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

}  // namespace

Housekeeping::Housekeeping(Options options)
    : options_(std::move(options)),
      all_(*options_.scheduler, Scheduler::Lane::kHouse, [this] { RunAll(); }),
      erased_(*options_.scheduler, Scheduler::Lane::kHouse, [this] { ListErased(); }) {}

absl::Status Housekeeping::ApplyList() {
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
  return absl::OkStatus();
}

void Housekeeping::Begin() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    begun_ = true;
  }
  all_.In(absl::ZeroDuration());
}

void Housekeeping::End() {
  all_.Close();
  erased_.Close();
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

absl::Status Housekeeping::RunOnce() {
  std::lock_guard<std::mutex> keeping(keeping_);
  for (const std::string& school : options_.schools) {
    RETURN_IF_ERROR(ListErasures(school));
    RETURN_IF_ERROR(DeleteAnswers(school));
    RETURN_IF_ERROR(DeleteOperations(school));
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
