#include "shared/process/verify.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/process/verify_searches.h"
#include "shared/relations/house.h"
#include "shared/relations/relations.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/log/trail_audit.h"
#include "shared/storage/rows/schema_objects.h"

namespace vivier::site {
namespace {

using rpc::Breaches;
using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

// What checks of the storage tell, and how many rows they looked at.
using Check =
    std::function<absl::StatusOr<int64_t>(Transaction& transaction, const storage::MacBreach&)>;
absl::StatusOr<Breaches> Gather(Transaction& transaction, const Check& check) {
  Breaches breaches;
  ASSIGN_OR_RETURN(breaches.checked,
                   check(transaction, [&breaches](const std::string& row, const std::string& why) {
                     breaches.Add(row, why);
                   }));
  return breaches;
}

rpc::InvariantCheck Gathered(Check check) {
  return
      [check = std::move(check)](Transaction& transaction) { return Gather(transaction, check); };
}

absl::StatusOr<int64_t> CountParked(Transaction& transaction) {
  ASSIGN_OR_RETURN(Result parked, transaction.connection().Query(
                                      "SELECT COUNT(*) FROM parked_events WHERE school = $1",
                                      {Value(transaction.school())}));
  return std::get<int64_t>(parked.rows[0][0]);
}

absl::StatusOr<Breaches> CheckEvents(Transaction& transaction) {
  ASSIGN_OR_RETURN(Breaches breaches, Gather(transaction, storage::CheckLog));
  ASSIGN_OR_RETURN(Result parked,
                   transaction.connection().Query(
                       "SELECT producer, number, reason FROM parked_events WHERE school = $1 "
                       "ORDER BY producer, number LIMIT 1",
                       {Value(transaction.school())}));
  if (parked.rows.empty()) return breaches;
  ASSIGN_OR_RETURN(const int64_t count, CountParked(transaction));
  const Row& row = parked.rows[0];
  breaches.Add(
      absl::StrCat("parked_events/", std::get<std::string>(row[0]), "/", std::get<int64_t>(row[1])),
      absl::StrCat("an event is parked: ", std::get<std::string>(row[2])));
  breaches.violations += count - 1;
  return breaches;
}

// Each file of this binary is applied as it is, and no other but those of a newer one.
absl::StatusOr<int64_t> CheckMigrations(Transaction& transaction, const std::string& service,
                                        const storage::MacBreach& breach) {
  ASSIGN_OR_RETURN(
      const std::vector<std::string> odd,
      storage::OddMigrations(transaction.connection(), service, storage::AllMigrations()));
  for (const std::string& migration : odd)
    breach("migrations/" + migration, "is not as this program applied it");
  return static_cast<int64_t>(storage::AllMigrations().size());
}

absl::Status AddPosition(const rpc::Service& service, Transaction& transaction,
                         v1::VerifyInvariantsResponse& response) {
  v1::LogPosition& position = *response.add_positions();
  position.set_service(service.name());
  const Value school = transaction.school();
  ASSIGN_OR_RETURN(Result head,
                   transaction.connection().Query(
                       "SELECT event_number, event_hash FROM heads WHERE school = $1", {school}));
  if (!head.rows.empty()) {
    position.set_event_number(std::get<int64_t>(head.rows[0][0]));
    position.set_event_hash(std::get<Bytes>(head.rows[0][1]).data);
  }
  ASSIGN_OR_RETURN(Result cursors,
                   transaction.connection().Query(
                       "SELECT producer, number, hash FROM cursors WHERE school = $1", {school}));
  for (const Row& row : cursors.rows) {
    const std::string& producer = std::get<std::string>(row[0]);
    (*position.mutable_cursors())[producer] = std::get<int64_t>(row[1]);
    (*position.mutable_cursor_hashes())[producer] = std::get<Bytes>(row[2]).data;
  }
  // A log of which nothing was applied yet has no cursor; it is behind all the same.
  for (const rpc::Service::EventReaction& reaction : service.reactions())
    if (reaction.producer != service.name())
      position.mutable_cursors()->insert({reaction.producer, 0});
  ASSIGN_OR_RETURN(const int64_t parked, CountParked(transaction));
  position.set_parked(parked);
  return absl::OkStatus();
}

// Several checks of one invariant are one report.
v1::InvariantReport& ReportOf(v1::VerifyInvariantsResponse& response, const std::string& invariant,
                              const std::string& service) {
  for (v1::InvariantReport& report : *response.mutable_reports())
    if (report.invariant() == invariant && report.service() == service) return report;
  v1::InvariantReport& report = *response.add_reports();
  report.set_invariant(invariant);
  report.set_service(service);
  return report;
}

void AddBreaches(const Breaches& breaches, v1::InvariantReport& report) {
  report.set_checked(report.checked() + breaches.checked);
  if (breaches.violations > 0 && report.violations() == 0) {
    report.set_first_row(breaches.first_row);
    report.set_explanation(breaches.explanation);
  }
  report.set_violations(report.violations() + breaches.violations);
}

// What cannot be read is a breach, and the others are read in a transaction of their own; only one
// that is lost ends a verification.
absl::StatusOr<Breaches> Unread(const absl::Status& status, Transaction& transaction) {
  if (!transaction.connection().Health().ok()) {
    if (!absl::IsInternal(status)) return status;
    RETURN_IF_ERROR(storage::BeginAnew(transaction));
  }
  Breaches unread;
  unread.Add(absl::StrCat("schools/", transaction.school()),
             absl::StrCat("rows cannot be read: ", status.message()));
  return unread;
}

absl::StatusOr<Breaches> Evaluate(const rpc::Invariant& invariant, Transaction& transaction) {
  absl::StatusOr<Breaches> breaches = invariant.check(transaction);
  return breaches.ok() ? std::move(breaches) : Unread(breaches.status(), transaction);
}

// Where each service's log ends.
std::map<std::string, int64_t> EndsOf(const v1::VerifyInvariantsResponse& response) {
  std::map<std::string, int64_t> ends;
  for (const v1::LogPosition& position : response.positions())
    ends[position.service()] = position.event_number();
  return ends;
}

// How far each service has come in the log of each other one.
std::map<std::pair<std::string, std::string>, int64_t> CursorsOf(
    const v1::VerifyInvariantsResponse& response) {
  std::map<std::pair<std::string, std::string>, int64_t> cursors;
  for (const v1::LogPosition& position : response.positions())
    for (const auto& [producer, number] : position.cursors())
      cursors[{position.service(), producer}] = number;
  return cursors;
}

}  // namespace

rpc::Service WithTheHouses(const rpc::Service& service) {
  rpc::Service house = service;
  const std::vector<const storage::Schema*> schemas = service.schemas();
  house.Follows("I6", "events: number, hash; heads: event_number, event_hash", &CheckEvents)
      .Holds("I9", "SELECT COUNT(*) FROM audit_records WHERE school = $1 AND request_id <> ''",
             "SELECT 'audit_records/' || request_id, 'one request_id, several writes' FROM "
             "audit_records "
             "WHERE school = $1 AND request_id <> '' GROUP BY request_id HAVING COUNT(*) > 1")
      .Follows("I12", "audit_records: number, hash; heads: audit_number, audit_hash",
               Gathered(storage::CheckActs))
      .Follows("I12",
               "reading_records: number, hash; ended_readings: first_number, last_number, "
               "last_hash, end_time; reading_counts: readings; heads: reading_number, reading_hash",
               Gathered(storage::CheckReadings))
      .Holds("I12", Gathered(storage::CheckAnchoredTrails))
      .Holds("I12", Gathered([schemas](Transaction& transaction, const storage::MacBreach& breach) {
               return storage::CheckVersions(transaction, schemas, breach);
             }))
      .Holds("I15", Gathered([tables = storage::MacTablesOf(schemas)](
                                 Transaction& transaction, const storage::MacBreach& breach) {
               return storage::CheckMacs(transaction, tables, breach);
             }))
      .Holds("I15", Gathered([name = service.name()](Transaction& transaction,
                                                     const storage::MacBreach& breach) {
               return CheckMigrations(transaction, name, breach);
             }));
  relations::AddHouseRelations(house);
  relations::AddRelations(house);
  for (const storage::Schema* schema : schemas) {
    for (const storage::SearchTable& search : schema->searches())
      house.Follows("I14",
                    absl::StrCat(search.table(), ": name, ", search.column(), "; ", schema->table(),
                                 ": ", search.field()->name()),
                    [schema, &search](Transaction& transaction) {
                      return CheckSearchTable(transaction, *schema, search);
                    });
    house.Holds("I10", absl::StrCat("SELECT COUNT(*) FROM ", schema->table(), " WHERE school = $1"),
                absl::StrCat("SELECT name, 'a version that no write gave' FROM ", schema->table(),
                             " WHERE school = $1 AND version < 1"));
  }
  return house;
}

absl::Status VerifyRows(const rpc::Service& house, relations::Detail detail,
                        Transaction& transaction, v1::VerifyInvariantsResponse& response) {
  transaction.Believe();  // one check alone tells who wrote a row
  if (const absl::Status placed = AddPosition(house, transaction, response); !placed.ok()) {
    ASSIGN_OR_RETURN(const Breaches unread, Unread(placed, transaction));
    AddBreaches(unread, ReportOf(response, "I6", house.name()));
  }
  if (detail == relations::Detail::kPositions) return absl::OkStatus();
  for (const rpc::Invariant& invariant : house.invariants()) {
    ASSIGN_OR_RETURN(const Breaches breaches, Evaluate(invariant, transaction));
    AddBreaches(breaches, ReportOf(response, invariant.id, house.name()));
  }
  for (const rpc::Claiming& claiming : house.claims()) {
    const absl::StatusOr<rpc::Claims> claims = claiming.claims(transaction);
    if (claims.ok()) {
      relations::AddClaims(claiming, *claims, house.name(), detail, response);
    } else {
      ASSIGN_OR_RETURN(const Breaches unread, Unread(claims.status(), transaction));
      AddBreaches(unread, ReportOf(response, claiming.invariant, house.name()));
    }
  }
  return absl::OkStatus();
}

absl::Status VerifyService(const rpc::Service& service, rpc::Readers& readers,
                           const std::string& school, relations::Detail detail,
                           const std::vector<storage::Anchor>& anchors,
                           v1::VerifyInvariantsResponse& response) {
  rpc::Service house = WithTheHouses(service);
  for (const storage::Anchor& anchor : anchors)
    if (anchor.school == school && anchor.service == service.name())
      house.Holds("I12",
                  Gathered([&anchor](Transaction& transaction,
                                     const storage::MacBreach& breach) -> absl::StatusOr<int64_t> {
                    RETURN_IF_ERROR(storage::CheckAnchor(transaction, anchor, breach));
                    return 1;
                  }));
  return readers.Read(
      school,
      [&](Transaction& transaction) { return VerifyRows(house, detail, transaction, response); },
      storage::Access::kLongRead);
}

absl::Status VerifyObjects(const std::string& service, rpc::Readers& readers,
                           v1::VerifyInvariantsResponse& response) {
  ASSIGN_OR_RETURN(const storage::ObjectsCheck check,
                   storage::CheckObjects(readers.database(), service));
  v1::InvariantReport& report = ReportOf(response, "I19", service);
  Breaches breaches;
  breaches.checked = check.checked;
  for (const std::string& odd : check.odd) breaches.Add("the schema of " + service, odd);
  AddBreaches(breaches, report);
  if (check.odd.empty()) report.set_explanation(check.not_checked);
  return absl::OkStatus();
}

absl::Status VerifyStorage(const std::string& service, rpc::Readers& readers,
                           v1::VerifyInvariantsResponse& response) {
  ASSIGN_OR_RETURN(const storage::StorageCheck check, readers.CheckStorage());
  v1::InvariantReport& report = ReportOf(response, kDiskReport, service);
  report.set_checked(check.checked);
  report.set_violations(static_cast<int64_t>(check.damaged.size()));
  report.set_explanation(check.not_checked);
  if (check.damaged.empty()) return absl::OkStatus();
  report.set_first_row(check.damaged[0]);
  report.set_explanation("the database is damaged; stop, and restore a backup");
  return absl::OkStatus();
}

bool IsAtRest(const v1::VerifyInvariantsResponse& response) {
  const std::map<std::string, int64_t> ends = EndsOf(response);
  for (const v1::LogPosition& position : response.positions())
    for (const auto& [producer, number] : position.cursors())
      if (ends.count(producer) > 0 && ends.at(producer) != number) return false;
  return true;
}

void CompareClaims(v1::VerifyInvariantsResponse& response) {
  for (const auto& [invariant, breaches] : relations::Compare(response.claims()))
    AddBreaches(breaches, ReportOf(response, invariant, kSiteReport));
  response.clear_claims();
}

void FindStuck(const v1::VerifyInvariantsResponse& before, v1::VerifyInvariantsResponse& response) {
  const auto cursors = CursorsOf(before);
  const std::map<std::string, int64_t> ends = EndsOf(response);
  for (const auto& [where, number] : CursorsOf(response)) {
    const auto& [follower, producer] = where;
    const auto stood = cursors.find(where);
    if (ends.count(producer) == 0 || ends.at(producer) == number || stood == cursors.end() ||
        stood->second != number)
      continue;
    Breaches breaches;
    breaches.Add(absl::StrCat("cursors/", producer),
                 absl::StrCat("stands still at event ", number, " of a log that ends at ",
                              ends.at(producer)));
    AddBreaches(breaches, ReportOf(response, "I6", follower));
  }
}

void AddForked(const std::string& service, const std::string& producer,
               v1::VerifyInvariantsResponse& response) {
  Breaches breaches;
  breaches.Add(absl::StrCat("cursors/", producer),
               "the follower is forked (LOG_FORKED): it has applied an event that the log has no "
               "more, and follows no further");
  AddBreaches(breaches, ReportOf(response, "I6", service));
}

absl::Status CompareLogs(const std::map<std::string, rpc::Readers*>& logs,
                         const std::string& school, v1::VerifyInvariantsResponse& response) {
  const std::map<std::string, int64_t> ends = EndsOf(response);
  for (const v1::LogPosition& position : response.positions()) {
    Breaches breaches;
    for (const auto& [producer, hash] : position.cursor_hashes()) {
      const auto log = logs.find(producer);
      const int64_t number = position.cursors().at(producer);
      if (log == logs.end() || number == 0 || number >= ends.at(producer)) continue;
      ++breaches.checked;
      const absl::Status held = log->second->Read(school, [&](Transaction& transaction) {
        return storage::CheckPosition(transaction, number, hash);
      });
      if (ReasonOf(held) == "LOG_FORKED")
        breaches.Add(absl::StrCat("cursors/", producer),
                     absl::StrCat("has applied another event ", number,
                                  " than the log has: one of the two was changed or restored"));
      else
        RETURN_IF_ERROR(held);
    }
    AddBreaches(breaches, ReportOf(response, "I6", position.service()));
  }
  return absl::OkStatus();
}

void CompareCursors(v1::VerifyInvariantsResponse& response) {
  const std::map<std::string, int64_t> ends = EndsOf(response);
  std::map<std::string, std::string> hashes;  // of the last event of each log
  for (const v1::LogPosition& position : response.positions())
    hashes[position.service()] = position.event_hash();
  for (const v1::LogPosition& position : response.positions()) {
    Breaches breaches;
    for (const auto& [producer, number] : position.cursors()) {
      ++breaches.checked;
      if (ends.count(producer) > 0 && number > ends.at(producer))
        breaches.Add(absl::StrCat("cursors/", producer),
                     absl::StrCat("has applied event ", number, " of a log that ends at ",
                                  ends.at(producer)));
      const auto hash = position.cursor_hashes().find(producer);
      if (number > 0 && ends.count(producer) > 0 && number == ends.at(producer) &&
          hash != position.cursor_hashes().end() && hash->second != hashes.at(producer))
        breaches.Add(absl::StrCat("cursors/", producer),
                     absl::StrCat("has applied another event ", number,
                                  " than the log has: one of the two was changed or restored"));
    }
    AddBreaches(breaches, ReportOf(response, "I6", position.service()));
  }
}

}  // namespace vivier::site
