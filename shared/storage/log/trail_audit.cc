#include "shared/storage/log/trail_audit.h"

#include <cstdlib>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/chain.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/events.h"

namespace vivier::storage {
namespace {

// Rows that are read at a time.
constexpr int kPage = 1000;

// A chain in a table: which columns follow the number and the hash, and which of the head row's
// columns, "…_number" and "…_hash", say where it ends.
struct Chain {
  std::string table, columns, head;
  std::function<std::string(const std::string& previous, const Row& row)> hash;
};

// Reads it from where `walk` stands on.
absl::StatusOr<int64_t> CheckChain(Transaction& transaction, const Chain& chain,
                                   security::ChainWalk walk, const MacBreach& breach) {
  int64_t checked = 0;
  while (true) {
    const absl::StatusOr<Result> page = transaction.connection().Query(
        absl::StrCat("SELECT number, hash, ", chain.columns, " FROM ", chain.table,
                     " WHERE school = $1 AND number > $2 ORDER BY number LIMIT ", kPage),
        {Value(transaction.school()), Value(walk.number())});
    if (!page.ok()) {
      RETURN_IF_ERROR(TellForeign(transaction, chain.table, {"number"}, page.status(), breach));
      return checked;
    }
    for (const Row& row : page->rows) {
      ++checked;
      const int64_t number = std::get<int64_t>(row[0]);
      const absl::string_view wrong =
          walk.Next(number, std::get<Bytes>(row[1]).data, chain.hash(walk.hash(), row));
      if (!wrong.empty()) breach(absl::StrCat(chain.table, "/", number), std::string(wrong));
    }
    if (page->rows.size() < kPage) break;
  }
  ASSIGN_OR_RETURN(
      const Result last,
      transaction.connection().Query(absl::StrCat("SELECT ", chain.head, "_number, ", chain.head,
                                                  "_hash FROM heads WHERE school = $1"),
                                     {Value(transaction.school())}));
  if (last.rows.empty()) return checked;
  const absl::string_view wrong =
      walk.End(std::get<int64_t>(last.rows[0][0]), std::get<Bytes>(last.rows[0][1]).data);
  if (!wrong.empty())
    breach(absl::StrCat("heads/", transaction.school()), absl::StrCat(wrong, " of ", chain.table));
  return checked;
}

// One step in which readings ended.
struct Ended {
  int64_t first = 0, last = 0;
  std::string hash;
  int64_t time = 0;
};

absl::StatusOr<std::vector<Ended>> ReadEnded(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(
                       "SELECT first_number, last_number, last_hash, end_time FROM ended_readings "
                       "WHERE school = $1 ORDER BY last_number",
                       {Value(transaction.school())}));
  std::vector<Ended> ended;
  for (const Row& row : found.rows)
    ended.push_back({std::get<int64_t>(row[0]), std::get<int64_t>(row[1]),
                     std::get<Bytes>(row[2]).data, std::get<int64_t>(row[3])});
  return ended;
}

// The acts that ended readings, what each says by its time.
absl::StatusOr<std::multimap<int64_t, std::string>> ActsOfEnding(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(
                       "SELECT create_time, reason FROM audit_records WHERE school = $1 AND "
                       "method = $2",
                       {Value(transaction.school()), Value(kEndReadings)}));
  std::multimap<int64_t, std::string> acts;
  for (const Row& row : found.rows)
    acts.emplace(std::get<int64_t>(row[0]), std::get<std::string>(row[1]));
  return acts;
}

absl::Status CheckCounts(Transaction& transaction, int64_t ended, const MacBreach& breach) {
  ASSIGN_OR_RETURN(const Result sum,
                   transaction.connection().Query(
                       "SELECT CAST(COALESCE(SUM(readings), 0) AS BIGINT) FROM reading_counts "
                       "WHERE school = $1",
                       {Value(transaction.school())}));
  const int64_t counted = std::get<int64_t>(sum.rows[0][0]);
  if (counted != ended)
    breach("reading_counts",
           absl::StrCat("counts ", counted, " readings that ended, the last has number ", ended));
  return absl::OkStatus();
}

// Each step begins behind the one before, and an act of the same time says the same.
absl::Status CheckEnded(Transaction& transaction, const std::vector<Ended>& ended,
                        const MacBreach& breach) {
  ASSIGN_OR_RETURN(auto acts, ActsOfEnding(transaction));
  int64_t last = 0;
  for (const Ended& step : ended) {
    const std::string name = absl::StrCat("ended_readings/", step.last);
    if (step.first != last + 1) breach(name, "does not begin behind what ended before");
    last = step.last;
    const std::string due = EndedText(step.first, step.last, step.hash);
    const auto [begin, end] = acts.equal_range(step.time);
    auto act = begin;
    while (act != end && act->second != due) ++act;
    if (act == end) {
      breach(name, "is the work of no act");
    } else {
      acts.erase(act);
    }
  }
  if (!acts.empty()) breach("ended_readings", "has not what an act ended: " + acts.begin()->second);
  return CheckCounts(transaction, last, breach);
}

// In which version acts left rows, by the hash of the name, which takes a fifth of its room; of all
// rows that are not named, what their versions add up to.
struct Left {
  absl::flat_hash_map<size_t, int64_t> versions;
  int64_t unnamed = 0;  // changes that no record names

  int64_t Of(const std::string& name) const {
    const auto known = versions.find(absl::HashOf(name));
    return known == versions.end() ? 0 : known->second;
  }
};

absl::StatusOr<Left> ReadActs(Transaction& transaction, const MacBreach& breach) {
  Left left;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(
        const Result page,
        transaction.connection().Query(
            absl::StrCat("SELECT number, changes FROM audit_records WHERE school = $1 AND "
                         "number > $2 ORDER BY number LIMIT ",
                         kPage),
            {Value(transaction.school()), Value(after)}));
    for (const Row& row : page.rows) {
      after = std::get<int64_t>(row[0]);
      const auto changes = ReadChanges(transaction.school(), std::get<std::string>(row[1]));
      if (!changes.has_value()) {
        breach(absl::StrCat("audit_records/", after), "what it changed cannot be read");
        continue;
      }
      left.unnamed += changes->more;
      for (const RowChange& change : changes->named) {
        int64_t& version = left.versions[absl::HashOf(change.name)];
        version = change.version + (AreUnnamed(change.name) ? version : 0);
      }
    }
    if (page.rows.size() < kPage) return left;
  }
}

using EachVersion = std::function<void(const std::string& name, int64_t version)>;
absl::StatusOr<int64_t> ReadVersions(Transaction& transaction, const Schema& schema,
                                     const EachVersion& each) {
  int64_t rows = 0;
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(
        const Result page,
        transaction.connection().Query(
            absl::StrCat("SELECT name, version FROM ", schema.table(),
                         " WHERE school = $1 AND name > $2 ORDER BY name LIMIT ", kPage),
            {Value(transaction.school()), Value(after)}));
    for (const Row& row : page.rows) {
      ++rows;
      after = std::get<std::string>(row[0]);
      each(after, std::get<int64_t>(row[1]));
    }
    if (page.rows.size() < kPage) return rows;
  }
}

}  // namespace

std::string EndedText(int64_t first, int64_t last, absl::string_view hash) {
  return absl::StrCat("readings ", first, " to ", last, " ended, the last with hash ", Hex(hash));
}

absl::StatusOr<int64_t> CheckLog(Transaction& transaction, const MacBreach& breach) {
  return CheckChain(transaction,
                    {"events", "type, subject, person, payload, create_time, traceparent", "event",
                     [](const std::string& previous, const Row& row) {
                       return EventHash(
                           previous, {std::get<int64_t>(row[0]), std::get<std::string>(row[2]),
                                      std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                      std::get<Bytes>(row[5]).data, std::get<int64_t>(row[6]),
                                      std::get<std::string>(row[7])});
                     }},
                    security::ChainWalk(), breach);
}

absl::StatusOr<int64_t> CheckActs(Transaction& transaction, const MacBreach& breach) {
  return CheckChain(
      transaction,
      {"audit_records",
       "principal, method, resource, request_id, request_hash, reason, create_time, changes",
       "audit",
       [](const std::string& previous, const Row& row) {
         return AuditHash(previous, {std::get<int64_t>(row[0]), std::get<std::string>(row[2]),
                                     std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                     std::get<std::string>(row[5]), std::get<Bytes>(row[6]).data,
                                     std::get<std::string>(row[7]), std::get<int64_t>(row[8]),
                                     std::get<std::string>(row[9])});
       }},
      security::ChainWalk(), breach);
}

absl::StatusOr<int64_t> CheckReadings(Transaction& transaction, const MacBreach& breach) {
  ASSIGN_OR_RETURN(const std::vector<Ended> ended, ReadEnded(transaction));
  RETURN_IF_ERROR(CheckEnded(transaction, ended, breach));
  return CheckChain(
      transaction,
      {"reading_records", "principal, method, resource, request_hash, reason, persons, create_time",
       "reading",
       [](const std::string& previous, const Row& row) {
         return ReadingHash(previous, {std::get<int64_t>(row[0]), std::get<std::string>(row[2]),
                                       std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                       std::get<Bytes>(row[5]).data, std::get<std::string>(row[6]),
                                       std::get<int64_t>(row[7]), std::get<int64_t>(row[8])});
       }},
      ended.empty() ? security::ChainWalk()
                    : security::ChainWalk(ended.back().last, ended.back().hash),
      breach);
}

absl::StatusOr<int64_t> CheckVersions(Transaction& transaction,
                                      absl::Span<const Schema* const> schemas,
                                      const MacBreach& breach) {
  ASSIGN_OR_RETURN(const Left left, ReadActs(transaction, breach));
  int64_t checked = 0, difference = 0;
  std::string first;
  for (const Schema* schema : schemas) {
    const std::string all = UnnamedRows(*schema, transaction.school());
    int64_t sum = 0;
    ASSIGN_OR_RETURN(
        const int64_t rows,
        ReadVersions(transaction, *schema, [&](const std::string& name, int64_t version) {
          sum += version;
          if (!all.empty() || version == left.Of(name)) return;
          difference += std::abs(version - left.Of(name));
          if (first.empty()) first = name;
          if (left.unnamed == 0) breach(name, "was changed last by no act that names it");
        }));
    checked += rows;
    if (!all.empty() && sum != left.Of(all))
      breach(all, absl::StrCat("the versions of all add up to ", sum, ", acts say ", left.Of(all)));
  }
  if (left.unnamed > 0 && difference > left.unnamed)
    breach(first, absl::StrCat("it, or another row, was changed by no act: ", difference,
                               " changes are not named, acts count ", left.unnamed));
  return checked;
}

}  // namespace vivier::storage
