#include "shared/process/verify.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/process/verify_searches.h"
#include "shared/relations/house.h"
#include "shared/relations/relations.h"
#include "shared/security/chain.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/mac_audit.h"

namespace vivier::site {
namespace {

using rpc::Breaches;
using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

// Rows of a chain that are read at a time.
constexpr int kChainPage = 1000;

// Reads `table` in the order of its numbers and hands each row to `check`, which gives the hash it
// should have.
absl::StatusOr<Breaches> CheckChain(
    Transaction& transaction, const std::string& table, const std::string& columns,
    const std::string& head,
    const std::function<std::string(const std::string& previous, const Row& row)>& hash) {
  Breaches breaches;
  security::ChainWalk walk;
  while (true) {
    ASSIGN_OR_RETURN(
        Result page,
        transaction.connection().Query(
            absl::StrCat("SELECT number, hash, ", columns, " FROM ", table,
                         " WHERE school = $1 AND number > $2 ORDER BY number LIMIT ", kChainPage),
            {Value(transaction.school()), Value(walk.number())}));
    for (const Row& row : page.rows) {
      ++breaches.checked;
      const int64_t number = std::get<int64_t>(row[0]);
      const absl::string_view wrong =
          walk.Next(number, std::get<Bytes>(row[1]).data, hash(walk.hash(), row));
      if (!wrong.empty()) breaches.Add(absl::StrCat(table, "/", number), std::string(wrong));
    }
    if (page.rows.size() < kChainPage) break;
  }
  ASSIGN_OR_RETURN(Result last, transaction.connection().Query(
                                    absl::StrCat("SELECT ", head, "_number, ", head,
                                                 "_hash FROM heads WHERE school = $1"),
                                    {Value(transaction.school())}));
  if (last.rows.empty()) return breaches;
  const absl::string_view wrong =
      walk.End(std::get<int64_t>(last.rows[0][0]), std::get<Bytes>(last.rows[0][1]).data);
  if (!wrong.empty())
    breaches.Add(absl::StrCat("heads/", transaction.school()), absl::StrCat(wrong, " of ", table));
  return breaches;
}

absl::StatusOr<int64_t> CountParked(Transaction& transaction) {
  ASSIGN_OR_RETURN(Result parked, transaction.connection().Query(
                                      "SELECT COUNT(*) FROM parked_events WHERE school = $1",
                                      {Value(transaction.school())}));
  return std::get<int64_t>(parked.rows[0][0]);
}

absl::StatusOr<Breaches> CheckEvents(Transaction& transaction) {
  ASSIGN_OR_RETURN(
      Breaches breaches,
      CheckChain(transaction, "events", "type, subject, person, payload, create_time, traceparent",
                 "event", [](const std::string& previous, const Row& row) {
                   return storage::EventHash(
                       previous, {std::get<int64_t>(row[0]), std::get<std::string>(row[2]),
                                  std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                  std::get<Bytes>(row[5]).data, std::get<int64_t>(row[6]),
                                  std::get<std::string>(row[7])});
                 }));
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

absl::StatusOr<Breaches> CheckAuditTrail(Transaction& transaction) {
  return CheckChain(transaction, "audit_records",
                    "principal, method, resource, request_id, request_hash, reason, create_time",
                    "audit", [](const std::string& previous, const Row& row) {
                      return storage::AuditHash(
                          previous, {std::get<int64_t>(row[0]), std::get<std::string>(row[2]),
                                     std::get<std::string>(row[3]), std::get<std::string>(row[4]),
                                     std::get<std::string>(row[5]), std::get<Bytes>(row[6]).data,
                                     std::get<std::string>(row[7]), std::get<int64_t>(row[8])});
                    });
}

absl::StatusOr<Breaches> CheckRows(Transaction& transaction,
                                   const std::vector<storage::MacTable>& tables) {
  Breaches breaches;
  ASSIGN_OR_RETURN(breaches.checked,
                   storage::CheckMacs(transaction, tables,
                                      [&breaches](const std::string& row, const std::string& why) {
                                        breaches.Add(row, why);
                                      }));
  return breaches;
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

// What cannot be read is a breach; only a transaction that is lost ends a verification.
absl::StatusOr<Breaches> Unread(const absl::Status& status, Transaction& transaction) {
  if (!transaction.connection().Health().ok()) return status;
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
  house.Follows("I6", "events: number, hash; heads: event_number, event_hash", &CheckEvents)
      .Holds("I9", "SELECT COUNT(*) FROM audit_records WHERE school = $1 AND request_id <> ''",
             "SELECT 'audit_records/' || request_id, 'one request_id, several writes' FROM "
             "audit_records "
             "WHERE school = $1 AND request_id <> '' GROUP BY request_id HAVING COUNT(*) > 1")
      .Follows("I12", "audit_records: number, hash; heads: audit_number, audit_hash",
               &CheckAuditTrail)
      .Holds("I15", [tables = storage::MacTablesOf(service.schemas())](Transaction& transaction) {
        return CheckRows(transaction, tables);
      });
  relations::AddHouseRelations(house);
  relations::AddRelations(house);
  for (const storage::Schema* schema : service.schemas()) {
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
  RETURN_IF_ERROR(AddPosition(house, transaction, response));
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
      house.Holds("I12", [&anchor](Transaction& transaction) -> absl::StatusOr<Breaches> {
        Breaches breaches;
        breaches.checked = 1;
        RETURN_IF_ERROR(storage::CheckAnchor(
            transaction, anchor, [&breaches](const std::string& row, const std::string& why) {
              breaches.Add(row, why);
            }));
        return breaches;
      });
  return readers.Read(
      school,
      [&](Transaction& transaction) { return VerifyRows(house, detail, transaction, response); },
      storage::Access::kLongRead);
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
    AddBreaches(breaches, ReportOf(response, invariant, "site"));
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
