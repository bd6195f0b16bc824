#include "services/enrolment/invariants.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/enrolment/people/identity.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/relations.h"

namespace vivier::enrolment {
namespace {

using relations::IdSql;
using relations::ParentSql;
using relations::Unlike;
using rpc::Breaches;
using rpc::Knows;
using storage::Transaction;
using v1::Application;

constexpr char kEvents[] = " FROM events WHERE school = $1 AND type = 'vivier.enrolment.v1.";
constexpr char kActs[] = " FROM audit_records WHERE school = $1 AND request_id <> '' AND method ";
// Whose data are erased is known to no other service.
constexpr char kNotErased[] = " NOT IN (SELECT subject FROM erasures WHERE school = $1)";

// Cohorts whose counters are beyond their seats or other than their rows say.
std::string SeatsBroken() {
  const auto counted = [](bool (*is)(Application::State)) {
    return absl::StrCat(
        "(SELECT COUNT(*) FROM applications a WHERE a.school = s.school AND "
        "a.cohort = substr(s.name, 1, length(s.name) - length('/seats')) AND ",
        WhereState(is, "a.state"), ")");
  };
  return absl::StrCat(
      "SELECT s.name, 'held or taken differs from the applications, or exceeds the capacity' "
      "FROM cohort_seats s WHERE s.school = $1 AND (s.held + s.taken > s.capacity OR s.held <> ",
      counted(IsHeld), " OR s.taken <> ", counted(IsTaken), ")");
}

constexpr char kCapacityIsAnother[] =
    "SELECT c.name || '/seats', 'is missing, or has another capacity than the cohort' "
    "FROM cohorts c LEFT JOIN cohort_seats s ON s.school = c.school AND s.name = c.name || "
    "'/seats' "
    "WHERE c.school = $1 AND (s.name IS NULL OR s.capacity <> c.capacity)";

// Opened and finished are events, the start is an act.
std::string CohortsBroken() {
  return absl::StrCat(
      "SELECT COALESCE(c.name, done.name), 'its state is not what was done to it' FROM "
      "(SELECT name, MAX(step) AS step FROM (SELECT subject AS name, 1 AS step",
      kEvents, "CohortOpened' UNION ALL SELECT subject, 3", kEvents,
      "CohortFinished' UNION ALL SELECT resource, 2", kActs,
      "= 'vivier.enrolment.v1.CohortService.StartCohort') AS steps GROUP BY name "
      "UNION ALL SELECT name, 0 FROM cohorts WHERE school = $1 AND state = 'DRAFT') AS done "
      "LEFT JOIN cohorts c ON c.school = $1 AND c.name = done.name WHERE c.name IS NULL OR "
      "c.state <> CASE done.step WHEN 0 THEN 'DRAFT' WHEN 1 THEN 'OPEN' WHEN 2 THEN 'RUNNING' "
      "ELSE 'FINISHED' END UNION ALL "
      "SELECT name, 'was never opened' FROM cohorts WHERE school = $1 AND state <> 'DRAFT' "
      "AND name NOT IN (SELECT subject",
      kEvents, "CohortOpened')");
}

// The log says of each application whose it is and when it came.
std::string ApplicationsUnlikeTheLog() {
  return Unlike(
      "SELECT name, candidate, create_time FROM applications WHERE school = $1",
      absl::StrCat("SELECT subject AS name, person, create_time", kEvents, "ApplicationSubmitted'"),
      "is not what was submitted");
}

// Ends are acts or events; who has a seat was admitted, and who is only ranked was not.
std::string StatesUnlikeTheActs() {
  const std::string ends = absl::StrCat(
      "SELECT resource AS name, 'DECLINED' AS state", kActs,
      "= 'vivier.enrolment.v1.AdmissionService.DeclineSeat' UNION SELECT resource, 'WITHDRAWN'",
      kActs,
      "= 'vivier.enrolment.v1.AdmissionService.WithdrawApplication' "
      "UNION SELECT replace(resource, '/learners/', '/applications/'), 'LEFT'",
      kActs,
      "= 'vivier.enrolment.v1.LearnerService.RecordExit' "
      "UNION SELECT subject, 'REJECTED'",
      kEvents, "ApplicationRejected'");
  const std::string admitted = absl::StrCat(
      "SELECT resource", kActs, "= 'vivier.enrolment.v1.AdmissionService.AdmitApplication'");
  return absl::StrCat(
      Unlike("SELECT name, state FROM applications WHERE school = $1 AND state IN "
             "('DECLINED', 'WITHDRAWN', 'LEFT', 'REJECTED')",
             absl::StrCat("SELECT name, state FROM (", ends, ") AS ends"),
             "did not end as it was ended"),
      " UNION ALL SELECT name, 'was never admitted' FROM (SELECT name FROM applications "
      "WHERE school = $1 AND state IN ('WAITLISTED', 'FUNDING_PENDING', 'AWAITING_FUNDING', "
      "'ADMITTED', 'ACCEPTED', 'NOT_FUNDABLE') EXCEPT ",
      admitted,
      ") AS unadmitted UNION ALL SELECT name, 'was admitted' FROM (SELECT name FROM applications "
      "WHERE school = $1 AND state IN ('SUBMITTED', 'SHORTLISTED') INTERSECT ",
      admitted, ") AS admitted");
}

// By what a candidate is known again is a keyed hash of what their file says, and found anew from
// that, where the file says anything still: each has a row of the candidate's own.
absl::StatusOr<Breaches> CheckCandidateKeys(Transaction& transaction) {
  Breaches breaches;
  if (transaction.school_key() == nullptr) return breaches;
  std::map<std::string, std::set<std::string>> due;                  // ids of keys, by candidate
  std::vector<std::pair<std::string, std::set<std::string>>> facts;  // one key of each is there
  RETURN_IF_ERROR(relations::Each<v1::Candidate>(transaction, [&](const v1::Candidate& candidate) {
    for (const IdentityFact& fact : IdentityOf(candidate)) {
      std::set<std::string> ids;
      for (const std::string& index :
           transaction.school_key()->BlindIndexes(fact.purpose, fact.text))
        ids.insert(absl::StrCat(fact.kind, "-", index));
      due[candidate.name()].insert(ids.begin(), ids.end());
      facts.emplace_back(candidate.name(), std::move(ids));
    }
  }));
  std::set<std::pair<std::string, std::string>> there;
  RETURN_IF_ERROR(relations::Each<v1::CandidateKey>(transaction, [&](const v1::CandidateKey& key) {
    ++breaches.checked;
    const std::string name = IdOf(key.name());  // behind a dot: who waits for it
    const std::string id = name.substr(0, name.find('.'));
    there.emplace(key.candidate(), id);
    const auto found = due.find(key.candidate());
    if (found != due.end() && found->second.count(id) == 0)
      breaches.Add(key.name(),
                   absl::StrCat("is no key of what the file of ", key.candidate(), " says"));
  }));
  for (const auto& [candidate, ids] : facts)
    if (std::none_of(ids.begin(), ids.end(), [&, &name = candidate](const std::string& id) {
          return there.count({name, id}) > 0;
        }))
      breaches.Add(candidate, "is not known again by what their file says");
  return breaches;
}

// One rank once, for who was ranked; a time to answer for whose answer is awaited.
constexpr char kRanksAndTimes[] =
    "SELECT MIN(name), 'shares its rank with another one' FROM applications "
    "WHERE school = $1 AND rank > 0 GROUP BY cohort, rank HAVING COUNT(*) > 1 "
    "UNION ALL SELECT name, 'its rank, or a time to answer, does not go with its state' "
    "FROM applications WHERE school = $1 AND ((state = 'SUBMITTED' AND rank <> 0) OR "
    "(state IN ('SHORTLISTED', 'LEFT', 'DECLINED', 'NOT_FUNDABLE') AND rank = 0) OR "
    "(state = 'FUNDING_PENDING') <> (funding_by IS NOT NULL) OR "
    "(state = 'ADMITTED') <> (accept_by IS NOT NULL))";

// Who decided did something here, whatever it was: a sweep decides for who began it.
constexpr char kDecidedByNobody[] =
    "SELECT a.name, 'is decided by nobody who ever wrote here' FROM applications a JOIN "
    "(SELECT decided_by AS author FROM applications WHERE school = $1 AND decided_by <> '' "
    "EXCEPT SELECT principal FROM audit_records WHERE school = $1) AS odd "
    "ON odd.author = a.decided_by WHERE a.school = $1 UNION ALL "
    "SELECT name, 'is rejected by nobody, or decided and not rejected' FROM applications "
    "WHERE school = $1 AND (state = 'REJECTED') <> (decided_by <> '')";

// A learner is made of an application, by the log, and goes its ways and the cohort's.
std::string LearnersBroken() {
  return absl::StrCat(
      Unlike(
          "SELECT name, candidate, create_time FROM learners WHERE school = $1",
          absl::StrCat("SELECT subject AS name, person, create_time", kEvents, "LearnerEnrolled'"),
          "is not who was enrolled"),
      " UNION ALL SELECT l.name, 'is not made of its application' FROM learners l "
      "WHERE l.school = $1 AND ",
      IdSql("l.name"), " <> ", IdSql("l.application"),
      " UNION ALL SELECT l.name, 'its state is not that of its application and cohort' "
      "FROM learners l JOIN applications a ON a.school = l.school AND a.name = l.application "
      "JOIN cohorts c ON c.school = l.school AND c.name = l.cohort WHERE l.school = $1 AND "
      "l.state <> CASE WHEN a.state = 'ADMITTED' THEN 'ENROLLED' WHEN a.state <> 'ACCEPTED' THEN "
      "'LEFT' WHEN c.state = 'OPEN' THEN 'ENROLLED' WHEN c.state = 'RUNNING' THEN 'IN_TRAINING' "
      "ELSE 'FINISHED' END UNION ALL "
      "SELECT a.name, 'has a seat and no learner' FROM applications a LEFT JOIN learners l "
      "ON l.school = a.school AND l.name = a.cohort || '/learners/' || ",
      IdSql("a.name"), " WHERE a.school = $1 AND l.name IS NULL AND ",
      WhereState(IsTaken, "a.state"));
}

// A link stands for one resource and its person, and its secret and session end with it.
std::string LinksBroken() {
  return absl::StrCat(
      "SELECT k.name, 'names nothing of the kind that its purpose is for, or another person' "
      "FROM access_links k "
      "LEFT JOIN candidates d ON d.school = k.school AND d.name = k.resource "
      "LEFT JOIN cohorts c ON c.school = k.school AND c.name = k.resource "
      "LEFT JOIN applications a ON a.school = k.school AND a.name = k.resource "
      "LEFT JOIN presence_entries p ON p.school = k.school AND p.name = k.resource "
      "LEFT JOIN learners l ON l.school = k.school AND l.name = p.learner WHERE k.school = $1 AND "
      "k.candidate IS DISTINCT FROM CASE k.purpose WHEN 'OWN_DATA' THEN d.name "
      "WHEN 'APPLY' THEN CASE WHEN c.name IS NULL THEN NULL ELSE k.candidate END "
      "WHEN 'ANSWER_OFFER' THEN a.candidate ELSE l.candidate END UNION ALL "
      "SELECT k.name, 'ends at another time than what it gives' FROM access_links k "
      "LEFT JOIN rights r ON r.school = k.school AND r.position = 0 AND r.membership = "
      "CASE WHEN k.redeem_time IS NULL THEN k.name || '/secret' ELSE k.name END "
      "WHERE k.school = $1 AND (k.expire_time IS DISTINCT FROM r.end_time OR "
      "(k.redeem_time IS NOT NULL AND r.scope <> k.resource)) UNION ALL "
      "SELECT r.membership, 'gives a right by a link that is gone' FROM rights r "
      "LEFT JOIN access_links k ON k.school = r.school "
      "AND k.name = replace(r.membership, '/secret', '') WHERE r.school = $1 "
      "AND ",
      relations::IsOf("r.membership", "accessLinks/"), " AND k.name IS NULL");
}

// A seal is by whoever asked for it when they did, and stands at its place in its cohort's chain.
constexpr char kSealsUnlikeTheirActs[] =
    "SELECT s.name, 'is by nobody who sealed then' FROM attendance_seals s JOIN "
    "(SELECT attendance_sheet AS sheet, sealed_by AS author, seal_time AS at FROM attendance_seals "
    "WHERE school = $1 EXCEPT SELECT resource, principal, create_time FROM audit_records "
    "WHERE school = $1 AND method = 'vivier.enrolment.v1.PresenceService.SealAttendanceSheet') "
    "AS odd ON odd.sheet = s.attendance_sheet AND odd.author = s.sealed_by AND odd.at = "
    "s.seal_time "
    "WHERE s.school = $1 UNION ALL SELECT name, 'is not at its place' FROM attendance_seals "
    "WHERE school = $1 AND name <> cohort || '/attendanceSeals/' || number";

constexpr char kSignedByNobody[] =
    "SELECT s.name, 'is by no trainer who signed then' FROM attendance_sheets s JOIN "
    "(SELECT name AS sheet, trainer AS author, trainer_sign_time AS at FROM attendance_sheets "
    "WHERE school = $1 AND trainer_sign_time IS NOT NULL "
    "EXCEPT SELECT resource, principal, create_time FROM audit_records WHERE school = $1 "
    "AND method = 'vivier.enrolment.v1.PresenceService.SignAttendanceSheet') "
    "AS odd ON odd.sheet = s.name WHERE s.school = $1";

constexpr char kCorrectedByNobody[] =
    "SELECT c.name, 'is by nobody who corrected then' FROM presence_corrections c JOIN "
    "(SELECT presence_entry AS entry, corrected_by AS author, correct_time AS at "
    "FROM presence_corrections WHERE school = $1 "
    "EXCEPT SELECT resource, principal, create_time FROM audit_records WHERE school = $1 "
    "AND method = 'vivier.enrolment.v1.PresenceService.CorrectPresence') AS odd "
    "ON odd.entry = c.presence_entry AND odd.at = c.correct_time WHERE c.school = $1";

// A file goes with the end of its proof, and no sooner.
constexpr char kFileIsGone[] =
    "SELECT r.name, 'candidate names no row of candidates' FROM "
    "(SELECT name, candidate FROM applications WHERE school = $1 "
    "UNION ALL SELECT name, candidate FROM learners WHERE school = $1 "
    "UNION ALL SELECT name, candidate FROM outcomes WHERE school = $1) AS r "
    "LEFT JOIN candidates c ON c.school = $1 AND c.name = r.candidate "
    "LEFT JOIN erasures e ON e.school = $1 AND e.subject = r.candidate || '#proof' "
    "WHERE c.name IS NULL AND e.subject IS NULL";

// "ai-1.l7" of a name below a cohort.
std::string IdBelow(const std::string& name, const std::string& collection) {
  return absl::StrCat("replace(substr(", name,
                      ", length('schools/' || school || '/cohorts/') + 1), '/", collection,
                      "/', '.')");
}

std::string CountBy(const std::string& event, const std::string& step) {
  return absl::StrCat("SELECT 'applications.' || ", IdSql("cohort"), " || '.", step,
                      "', CAST(COUNT(*) AS TEXT) FROM (SELECT ", ParentSql("subject"), " AS cohort",
                      kEvents, event, "') AS counted GROUP BY cohort");
}

// What enrolment says of people and cohorts to the services that keep something of them.
void AddClaims(rpc::Service& service) {
  const auto in_school = [](const std::string& name) { return IdBelow(name, "learners"); };
  service
      .Claim("I17", "cohorts", Knows::kAll, "cohorts: name",
             "SELECT name, 'known' FROM cohorts WHERE school = $1")
      .Claim("I17", "programme revisions", Knows::kSome, "cohorts: programme_revision",
             "SELECT programme_revision, 'known' FROM cohorts WHERE school = $1 AND state <> "
             "'DRAFT'")
      .Claim("I17", "learners", Knows::kAll, "learners: name, cohort",
             "SELECT name, cohort FROM learners WHERE school = $1")
      .Claim("I17", "learners who finished", Knows::kAll, "learners: state",
             absl::StrCat("SELECT subject, ", ParentSql("subject"), kEvents, "LearnerFinished'"))
      .Claim("I17", "applications with a hold", Knows::kAll, "",
             absl::StrCat("SELECT subject, COUNT(*) || ' ' || MIN(person)", kEvents,
                          "SeatHeld' AND person", kNotErased, " GROUP BY subject"))
      .Claim("I17", "learners of reservations", Knows::kAll, "learners: hold",
             absl::StrCat("SELECT 'schools/' || school || '/reservations/' || hold, name "
                          "FROM learners WHERE school = $1 AND candidate",
                          kNotErased))
      .Claim("I17", "sealed sheets", Knows::kAll, "attendance_sheets: revision",
             absl::StrCat("SELECT subject, CAST(COUNT(*) AS TEXT)", kEvents,
                          "AttendanceSheetSealed' GROUP BY subject"))
      .Claim("I17", "certifications", Knows::kAll, "learners: certification",
             absl::StrCat("SELECT ", in_school("name"),
                          ", certification FROM learners "
                          "WHERE school = $1 AND certification <> 'CERTIFICATION_UNSPECIFIED'"))
      .Claim("I17", "ends of contracts", Knows::kAll, "learners: contract_end_date",
             "SELECT name, contract_end_date FROM learners WHERE school = $1 AND "
             "contract_end_date IS NOT NULL")
      .Claim("I17", "contracts", Knows::kSome, "outcomes: contract",
             "SELECT contract, learner FROM outcomes WHERE school = $1 AND contract <> ''")
      .Claim("I17", "where learners are", Knows::kAll, "learners: candidate, cohort, state",
             absl::StrCat("SELECT ", in_school("name"), ", candidate || ' ' || ", IdSql("cohort"),
                          " || CASE state WHEN 'FINISHED' THEN ' finished' WHEN 'LEFT' THEN "
                          "' left' ELSE ' in-training' END FROM learners WHERE school = $1 AND "
                          "candidate",
                          kNotErased))
      .Claim("I17", "counts of applications", Knows::kAll, "",
             absl::StrCat(CountBy("ApplicationSubmitted", "submitted"), " UNION ALL ",
                          CountBy("ApplicationRejected", "rejected")));
}

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service.Follows("I1", "cohort_seats: held, taken", SeatsBroken())
      .Follows("I1", "cohort_seats: name, capacity; cohorts: capacity", kCapacityIsAnother)
      .Follows("I16", "cohorts: state", CohortsBroken())
      .Follows("I16", "candidate_keys: name, candidate", &CheckCandidateKeys)
      .Follows("I16", "applications: name, candidate, create_time", ApplicationsUnlikeTheLog())
      .Follows("I16", "applications: state", StatesUnlikeTheActs())
      .Follows("I16", "applications: rank, state", kRanksAndTimes)
      .Follows("I16", "applications: decided_by, state", kDecidedByNobody)
      .Follows("I16", "learners: name, application, state", LearnersBroken())
      .Follows("I16", "applications: candidate; learners: candidate; outcomes: candidate",
               kFileIsGone)
      .Follows("I16", "access_links: name, purpose, resource, candidate, expire_time",
               LinksBroken())
      .Follows("I12", "attendance_seals: name, cohort, attendance_sheet, seal_time, sealed_by",
               kSealsUnlikeTheirActs)
      .Follows("I12", "attendance_sheets: trainer, trainer_sign_time", kSignedByNobody)
      .Follows("I12", "presence_corrections: corrected_by, correct_time", kCorrectedByNobody);
  AddClaims(service);
}

}  // namespace vivier::enrolment
