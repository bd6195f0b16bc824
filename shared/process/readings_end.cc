#include "shared/process/readings_end.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/perform.h"
#include "shared/storage/log/trail_audit.h"

namespace vivier::site {
namespace {

using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;
namespace house = storage::house;

// Records that end in one transaction: the writer serves requests in between.
constexpr int kStep = 500;
constexpr int64_t kMicrosecondsOfDay = 86'400'000'000;

constexpr int64_t kBeforeAll = 0;  // the numbers begin behind it
constexpr char kService[] = "service/house";

// Readings of one month by one rpc.
struct Count {
  int64_t readings = 0, persons = 0;
};
using Counts = std::map<std::pair<std::string, std::string>, Count>;

std::string MonthOf(int64_t time) {
  return absl::FormatTime("%Y-%m", absl::FromUnixMicros(time), absl::UTCTimeZone());
}

absl::Status AddCounts(Transaction& transaction, const Counts& counts) {
  for (const auto& [of, count] : counts) {
    const auto& [month, method] = of;
    ASSIGN_OR_RETURN(const std::vector<Row> known,
                     house::ReadingCounts().Select(transaction, "month = $2 AND method = $3",
                                                   {Value(month), Value(method)}));
    const int64_t readings = known.empty() ? 0 : std::get<int64_t>(known[0][3]);
    const int64_t persons = known.empty() ? 0 : std::get<int64_t>(known[0][4]);
    RETURN_IF_ERROR(house::ReadingCounts().Put(
        transaction,
        {transaction.school(), month, method, readings + count.readings, persons + count.persons}));
  }
  return absl::OkStatus();
}

// The oldest readings before `time`, as far as one step goes.
struct Step {
  int64_t first = 0, last = 0;
  std::string hash;  // of the last
  Counts counts;
};

absl::StatusOr<std::optional<Step>> ReadStep(Transaction& transaction, int64_t time) {
  ASSIGN_OR_RETURN(
      const Result oldest,
      transaction.connection().Query(
          absl::StrCat("SELECT number, hash, method, persons, create_time FROM "
                       "reading_records WHERE school = $1 AND number > $2 ORDER BY number LIMIT ",
                       kStep),
          {Value(transaction.school()), Value(kBeforeAll)}));
  Step step;
  for (const Row& row : oldest.rows) {
    const int64_t create_time = std::get<int64_t>(row[4]);
    if (create_time >= time) break;
    step.last = std::get<int64_t>(row[0]);
    if (step.first == 0) step.first = step.last;
    step.hash = std::get<Bytes>(row[1]).data;
    Count& count = step.counts[{MonthOf(create_time), std::get<std::string>(row[2])}];
    ++count.readings;
    count.persons += std::get<int64_t>(row[3]);
  }
  if (step.last == 0) return std::nullopt;
  return step;
}

absl::Status EndStep(Transaction& transaction, int64_t before, absl::Time now) {
  ASSIGN_OR_RETURN(const std::optional<Step> step, ReadStep(transaction, before));
  if (!step.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(AddCounts(transaction, step->counts));
  RETURN_IF_ERROR(transaction.connection().Send(
      "DELETE FROM reading_records WHERE school = $1 AND number <= $2",
      {Value(transaction.school()), Value(step->last)}, step->last - step->first + 1));
  RETURN_IF_ERROR(house::EndedReadings().Insert(
      transaction,
      {transaction.school(), step->last, step->first, Bytes{step->hash}, absl::ToUnixMicros(now)}));
  return storage::AppendRecord(
      transaction,
      {kService, storage::kEndReadings, absl::StrCat("schools/", transaction.school()), "", "", "",
       storage::EndedText(step->first, step->last, step->hash)},
      now);
}

// Whether the oldest reading is before `time`.
absl::StatusOr<bool> IsAnyDue(Transaction& transaction, int64_t time) {
  ASSIGN_OR_RETURN(const Result oldest, transaction.connection().Query(
                                            "SELECT create_time FROM reading_records WHERE school "
                                            "= $1 AND number > $2 ORDER BY number "
                                            "LIMIT 1",
                                            {Value(transaction.school()), Value(kBeforeAll)}));
  return !oldest.rows.empty() && std::get<int64_t>(oldest.rows[0][0]) < time;
}

// A day on which a principal was shown somebody.
struct ReadDay {
  std::string principal;
  int64_t day = 0;
};

// The oldest of the first principal behind `after`: no index leads to the oldest of all, since each
// person who is shown would pay for it.
absl::StatusOr<std::optional<ReadDay>> FirstDayBehind(Transaction& transaction,
                                                      const std::string& after) {
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(
                       "SELECT principal, day FROM person_reads WHERE school = $1 AND "
                       "principal > $2 ORDER BY principal, day LIMIT 1",
                       {Value(transaction.school()), Value(after)}));
  if (found.rows.empty()) return std::nullopt;
  return ReadDay{std::get<std::string>(found.rows[0][0]), std::get<int64_t>(found.rows[0][1])};
}

absl::Status ForgetDay(storage::Writer& writer, const std::string& school, const ReadDay& read) {
  return storage::Perform(writer, school, [&read](Transaction& transaction, absl::Time) {
    return house::PersonReads()
        .Delete(transaction, "principal = $2 AND day = $3",
                {Value(read.principal), Value(read.day)})
        .status();
  });
}

// Before the records that they follow from. A principal's days end one by one, the oldest first.
absl::Status ForgetPersons(storage::Writer& writer, rpc::Readers& readers,
                           const std::string& school, int64_t first_day) {
  std::string done;
  while (true) {
    std::optional<ReadDay> oldest;
    RETURN_IF_ERROR(readers.Read(school, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(oldest, FirstDayBehind(transaction, done));
      return absl::OkStatus();
    }));
    if (!oldest.has_value()) return absl::OkStatus();
    if (oldest->day >= first_day) {
      done = oldest->principal;
    } else {
      RETURN_IF_ERROR(ForgetDay(writer, school, *oldest));
    }
  }
}

}  // namespace

absl::StatusOr<int> MonthsOfReadings(const config::v1::Config& config) {
  const config::v1::ReadingPeriod& asked = config.readings_kept();
  const ReadingPolicy& policy = Readings();
  if (!config.has_readings_kept()) return policy.months;
  if (asked.months() < policy.months_min || asked.months() > policy.months_max)
    return InvalidField("readings_kept.months",
                        absl::StrCat("is not from ", policy.months_min, " to ", policy.months_max));
  if (asked.months() > policy.months && asked.reason().empty())
    return InvalidField("readings_kept.reason",
                        absl::StrCat("must say which internal control needs readings for more "
                                     "than ",
                                     policy.months, " months"));
  return asked.months();
}

int64_t FirstDayOfReadings(absl::Time now, int months) {
  const absl::CivilDay first = AddMonths(absl::ToCivilDay(now, absl::UTCTimeZone()), -months);
  return first - absl::CivilDay(1970, 1, 1);
}

absl::Status EndReadings(storage::Writer& writer, rpc::Readers& readers, const std::string& school,
                         int64_t first_day) {
  RETURN_IF_ERROR(ForgetPersons(writer, readers, school, first_day));
  const int64_t before = first_day * kMicrosecondsOfDay;
  while (true) {
    bool due = false;
    RETURN_IF_ERROR(readers.Read(school, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(due, IsAnyDue(transaction, before));
      return absl::OkStatus();
    }));
    if (!due) return absl::OkStatus();
    RETURN_IF_ERROR(
        storage::Perform(writer, school, [before](Transaction& transaction, absl::Time now) {
          return EndStep(transaction, before, now);
        }));
  }
}

}  // namespace vivier::site
