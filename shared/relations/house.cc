#include "shared/relations/house.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/service/rights.h"
#include "shared/storage/log/erasure.h"

namespace vivier::relations {
namespace {

using rpc::Breaches;
using rpc::Claims;
using storage::Bytes;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

constexpr size_t kCollection = 2;  // of the segments of a name: schools/{school}/{collection}/…

// An answer is stored in the transaction of its write, with the write's record.
constexpr char kAnswersWithoutTheirWrite[] =
    "SELECT 'answers/' || request_id, 'an answer without the record of its write' FROM "
    "(SELECT request_id, principal, method, request_hash, create_time FROM answers "
    "WHERE school = $1 EXCEPT "
    "SELECT request_id, principal, method, request_hash, create_time FROM audit_records "
    "WHERE school = $1 AND request_id <> '') AS odd";

constexpr char kReadsWithoutRecord[] =
    "SELECT 'person_reads/' || principal || '/' || person, "
    "'who was first shown whom, when and by what is no record of a trail' "
    "FROM person_reads r JOIN (SELECT principal AS reader, first_method AS method, first_time AS "
    "at "
    "FROM person_reads WHERE school = $1 "
    "EXCEPT SELECT principal, method, create_time FROM audit_records WHERE school = $1 "
    "EXCEPT SELECT principal, method, create_time FROM reading_records WHERE school = $1) AS odd "
    "ON odd.reader = r.principal AND odd.method = r.first_method AND odd.at = r.first_time "
    "WHERE r.school = $1 UNION ALL "
    "SELECT 'person_reads/' || principal || '/' || person, 'is not of the day of its first time' "
    "FROM person_reads WHERE school = $1 AND (day <> first_time / 86400000000 OR reads < 1 OR "
    "opened > reads)";

// What is done keeps its part of the response; the rest waits until the operation has ended.
constexpr char kStepsMissing[] =
    "SELECT o.name, 'has not the steps that it counts' FROM operations o LEFT JOIN "
    "(SELECT operation, COUNT(*) AS steps FROM operation_steps WHERE school = $1 "
    "GROUP BY operation) AS kept ON kept.operation = o.name WHERE o.school = $1 AND "
    "(o.position > o.steps OR (o.end_time IS NOT NULL AND length(o.error) = 0 "
    "AND o.position <> o.steps) OR COALESCE(kept.steps, 0) <> "
    "CASE WHEN o.end_time IS NULL THEN o.steps ELSE o.position END) "
    "UNION ALL SELECT s.operation, 'a step of no operation' FROM operation_steps s "
    "LEFT JOIN operations o ON o.school = s.school AND o.name = s.operation "
    "WHERE s.school = $1 AND o.name IS NULL "
    "UNION ALL SELECT 'operations/' || principal, 'is not what was asked for' FROM "
    "(SELECT principal, method, resource, create_time FROM operations WHERE school = $1 EXCEPT "
    "SELECT principal, method, resource, create_time FROM audit_records WHERE school = $1) AS odd "
    "UNION ALL SELECT 'operations', 'one ended at the time of no write' FROM "
    "(SELECT end_time FROM operations WHERE school = $1 AND end_time IS NOT NULL EXCEPT "
    "SELECT create_time FROM audit_records WHERE school = $1) AS odd";

// Of the own log; an erasure of another service's has the number 0.
constexpr char kErasuresWithoutEvent[] =
    "SELECT 'erasures/' || e.subject, 'is not the event of its number' FROM erasures e "
    "LEFT JOIN events v ON v.school = e.school AND v.number = e.number "
    "WHERE e.school = $1 AND e.number > 0 AND (v.number IS NULL OR v.subject <> e.subject "
    "OR v.type <> e.type OR v.payload <> e.payload)";

// What was written because of an event has its number in the audit trail, as "enrolment/12": no
// follower stands before the last of them.
constexpr char kCursorsBehind[] =
    "SELECT 'cursors/' || a.producer, 'is behind event ' || a.number || ', which was applied' FROM "
    "(SELECT substr(principal, 9) AS producer, "
    "MAX(CAST(substr(request_id, length(principal) - 6) AS BIGINT)) AS number "
    "FROM audit_records WHERE school = $1 AND substr(principal, 1, 8) = 'service/' "
    "AND substr(request_id, 1, length(principal) - 7) = substr(principal, 9) || '/' "
    "GROUP BY principal) AS a LEFT JOIN cursors c ON c.school = $1 AND c.producer = a.producer "
    "WHERE c.number IS NULL OR c.number < a.number";

// Keys that an erasure names are retired, and gone once every follower has applied it; no others
// are.
absl::StatusOr<Breaches> ErasedKeys(Transaction& transaction) {
  ASSIGN_OR_RETURN(const std::vector<storage::RevivedKey> revived,
                   storage::RevivedKeys(transaction));
  Breaches breaches;
  for (const storage::RevivedKey& key : revived)
    breaches.Add("person_keys/" + key.name, key.in_use
                                                ? "the person is erased, and the key is in use"
                                                : "was destroyed, and is there");
  std::set<std::string> named;
  RETURN_IF_ERROR(EachErasure(transaction, [&named](const google::protobuf::Message& event) {
    for (std::string& name : storage::ErasedBy(event)) named.insert(std::move(name));
  }));
  ASSIGN_OR_RETURN(const Result retired,
                   transaction.connection().Query("SELECT person FROM person_keys WHERE school = "
                                                  "$1 AND erase_time IS NOT NULL ORDER BY person",
                                                  {Value(transaction.school())}));
  for (const Row& row : retired.rows) {
    ++breaches.checked;
    const std::string& name = std::get<std::string>(row[0]);
    if (named.count(name) == 0) breaches.Add("person_keys/" + name, "is retired by no erasure");
  }
  return breaches;
}

std::string TextOf(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "-" : *text;
}

absl::StatusOr<Claims> ErasuresIn(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result erasures,
                   transaction.connection().Query(
                       "SELECT subject, type, payload FROM erasures WHERE school = $1",
                       {Value(transaction.school())}));
  Claims claims;
  for (const Row& row : erasures.rows)
    claims[std::get<std::string>(row[0])] =
        absl::StrCat(std::get<std::string>(row[1]), " ",
                     Hex(Sha256(std::get<Bytes>(row[2]).data)).substr(0, 16));
  return claims;
}

// The tables of what the service lets callers in by for itself alone, as a node its members: its
// own, where nobody follows it for rights.
std::set<std::string> KeptBy(const rpc::Service& service) {
  std::set<std::string> tables;
  for (const std::string& producer : rpc::RightsProducers())
    if (producer == service.name()) return tables;
  for (const storage::Schema* schema : service.schemas()) tables.insert(schema->table());
  return tables;
}

// Who may do what names people's accounts, so the values travel as hashes.
absl::StatusOr<Claims> RightsIn(Transaction& transaction, const std::set<std::string>& kept) {
  ASSIGN_OR_RETURN(
      const Result rights,
      transaction.connection().Query(
          "SELECT membership, position, subject, role, company, start_time, end_time, scope, "
          "permissions, funder FROM rights WHERE school = $1",
          {Value(transaction.school())}));
  Claims claims;
  for (const Row& row : rights.rows) {
    std::vector<std::string> texts;
    for (const Value& value : row) texts.push_back(TextOf(value));
    const std::vector<std::string> segments = absl::StrSplit(texts[0], '/');
    if (segments.size() > kCollection && kept.count(SnakeCase(segments[kCollection])) > 0) continue;
    claims[absl::StrCat("rights/", texts[0], "/", texts[1])] =
        Hex(Sha256(absl::StrJoin(texts, "\n"))).substr(0, 16);
  }
  return claims;
}

}  // namespace

void AddHouseRelations(rpc::Service& service) {
  using rpc::Knows;
  service
      .Follows("I8", "answers: request_id, principal, method, request_hash, create_time",
               kAnswersWithoutTheirWrite)
      .Follows("I12", "person_reads: principal, day, first_method, first_time", kReadsWithoutRecord)
      .Follows("I16",
               "operations: name, method, resource, principal, steps, position, create_time, "
               "end_time; operation_steps: operation",
               kStepsMissing)
      .Follows("I6", "cursors: producer, number, hash", kCursorsBehind)
      .Follows("I16", "erasures: subject, type, payload, number", kErasuresWithoutEvent)
      .Holds("I16", &ErasedKeys)
      .Claim("I17", "erasures", Knows::kAll, "erasures: subject, type, payload", &ErasuresIn)
      .Claim("I13", "time zones", Knows::kAll, "time_zones: since, time_zone",
             "SELECT 'time_zones/' || since, time_zone FROM time_zones WHERE school = $1")
      .Claim("I17", "rights", Knows::kAll,
             "rights: membership, position, subject, role, company, start_time, end_time, scope, "
             "permissions, funder",
             [kept = KeptBy(service)](Transaction& transaction) {
               return RightsIn(transaction, kept);
             });
}

std::string HouseFrom(const std::string& table) {
  static const auto& from = *new std::map<std::string, std::string>{
      {"answers", "audit_records"},
      {"audit_records", "its chain"},
      {"cursors", "the log that is followed, audit_records"},
      {"ended_readings", "audit_records"},
      {"erasures", "events"},
      {"events", "its chain"},
      {"heads", "the chains"},
      {"operation_steps", "operations"},
      {"operations", "operation_steps, audit_records"},
      {"person_reads", "reading_records, audit_records"},
      {"reading_counts", "ended_readings"},
      {"reading_records", "its chain"},
      {"rights", "the memberships, links and credentials that give them"},
      {"time_zones", "the time zones of access"},
  };
  const auto found = from.find(table);
  return found == from.end() ? "the row whose list it is" : found->second;
}

}  // namespace vivier::relations
