#include "services/statistics/invariants.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/statistics/cells/rules.h"
#include "services/statistics/network/credentials.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/relations.h"
#include "shared/relations/rights.h"
#include "vivier/statistics/v1/cells.pb.h"
#include "vivier/statistics/v1/events.pb.h"
#include "vivier/statistics/v1/facts.pb.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {
namespace {

using relations::Each;
using relations::EachEvent;
using relations::IdSql;
using rpc::Breaches;
using rpc::Claims;
using rpc::Knows;
using storage::Transaction;
using v1::Cell;

constexpr char kApplicationsBy[] = "applications-by-";

Change AsChange(const Cell& cell) {
  return {{cell.table_id(), {cell.dimension_values().begin(), cell.dimension_values().end()}},
          cell.cohort(),
          cell.count()};
}

absl::StatusOr<Breaches> CheckResults(Transaction& transaction) {
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::LearnerResult>(transaction, [&](const v1::LearnerResult& result) {
    ++breaches.checked;
    if (!absl::StartsWith(IdInSchool(result.name()),
                          absl::StrCat(IdInSchool(result.learner()), ".")))
      breaches.Add(result.name(), "is another learner's");
  }));
  return breaches;
}

// A cell is named after what it counts; applications are as many however they are divided.
absl::StatusOr<Breaches> CheckCellNames(Transaction& transaction) {
  std::map<std::string, int64_t> submitted;                         // by cohort
  std::map<std::string, std::map<std::string, int64_t>> divisions;  // by table and cohort
  Breaches breaches;
  RETURN_IF_ERROR(Each<Cell>(transaction, [&](const Cell& cell) {
    ++breaches.checked;
    const Change counted = AsChange(cell);
    if (CellId(counted) != IdInSchool(cell.name()))
      breaches.Add(cell.name(), "is not named after what it counts");
    if (CellId({{"applications", {"submitted"}}, cell.cohort(), 0}) == CellId(counted))
      submitted[cell.cohort()] += cell.count();
    if (absl::StartsWith(cell.table_id(), kApplicationsBy))
      divisions[cell.table_id()][cell.cohort()] += cell.count();
  }));
  for (const char* division : {"age", "gender", "level", "region"}) {
    const std::string table = absl::StrCat(kApplicationsBy, division);
    if (divisions[table] != submitted) breaches.Add(table, "does not add up to the applications");
  }
  return breaches;
}

constexpr char kNamesBroken[] =
    "SELECT name, 'is not of the year of its first day' FROM cohort_facts WHERE school = $1 AND "
    "substr(start_date, 1, 4) <> CAST(year AS TEXT) UNION ALL "
    "SELECT name, 'is not named after its site and year' FROM site_years WHERE school = $1 AND "
    "name <> 'schools/' || school || '/siteYears/' || site || '.' || year";

absl::StatusOr<Breaches> CheckStates(Transaction& transaction) {
  static const auto& states = *new std::set<std::string>{
      "in-training", "finished", "left-for-job", "left-for-training", "dropped-out", "no-show"};
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::LearnerFact>(transaction, [&breaches](const v1::LearnerFact& fact) {
    ++breaches.checked;
    if (states.count(fact.learner_state()) == 0)
      breaches.Add(fact.name(), "is in no state that a learner is counted in");
  }));
  return breaches;
}

absl::StatusOr<Claims> LearnersIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(Each<v1::LearnerFact>(transaction, [&claims](const v1::LearnerFact& fact) {
    const std::string& state = fact.learner_state();
    const bool is_here = state == "finished" || state == "in-training";
    claims[IdInSchool(fact.name())] =
        absl::StrCat(fact.candidate(), " ", fact.cohort(), " ", is_here ? state : "left");
  }));
  return claims;
}

// The newest accepted revision of each school is the one that was told.
absl::StatusOr<Breaches> CheckRevisions(Transaction& transaction) {
  std::map<std::string, int64_t> told;
  RETURN_IF_ERROR(EachEvent<v1::SubmissionAccepted>(
      transaction, [&told](const auto& event) { told[event.submission()] = event.revision(); }));
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::Submission>(transaction, [&](const v1::Submission& submission) {
    ++breaches.checked;
    const auto revision = told.extract(submission.name());
    if (revision.empty() || revision.mapped() != submission.revision() ||
        submission.state() != v1::Submission::ACCEPTED)
      breaches.Add(submission.name(), "is not the revision that was accepted");
  }));
  for (const auto& [name, revision] : told) breaches.Add(name, "was accepted and is gone");
  return breaches;
}

absl::StatusOr<Claims> OpeningsIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(Each<v1::CohortFact>(transaction, [&claims](const v1::CohortFact& fact) {
    claims[IdInSchool(fact.name())] =
        absl::StrCat(fact.capacity(), " seats, ", DateText(fact.start_date()), " to ",
                     DateText(fact.end_date()));
  }));
  return claims;
}

// Those of the results that the ends of their ids tell apart.
rpc::ClaimsOf ResultsOf(const std::string& end, bool of_certificates) {
  return [end, of_certificates](Transaction& transaction) -> absl::StatusOr<Claims> {
    Claims claims;
    RETURN_IF_ERROR(Each<v1::LearnerResult>(transaction, [&](const v1::LearnerResult& result) {
      std::string id = IdInSchool(result.name());
      const size_t place = id.rfind(end);
      if (place == std::string::npos || result.result().empty()) return;
      if (of_certificates) id.resize(place);
      claims[id] = of_certificates ? absl::AsciiStrToUpper(result.result()) : result.result();
    }));
    return claims;
  };
}

// The rights of members' codes and secrets are those that the log told last.
absl::StatusOr<Breaches> CheckMemberRights(Transaction& transaction) {
  ASSIGN_OR_RETURN(const relations::Rights told,
                   relations::RightsTold(transaction, "memberCredentials/"));
  ASSIGN_OR_RETURN(relations::Rights kept,
                   relations::RightsKept(transaction, "memberCredentials/"));
  return relations::CompareRights(told, std::move(kept));
}

// A credential whose code or newest secret is good until another time or for something else, or
// that was given more secrets than were asked for; and a right of none.
std::string CredentialsBroken() {
  const auto differs = [](const std::string& right, const char* time, const char* role) {
    return absl::StrCat(
        "NOT EXISTS (SELECT 1 FROM rights r WHERE r.school = c.school AND r.position = 0 AND "
        "r.membership = c.name || ",
        right, " AND r.role = '", role, "' AND r.end_time = c.", time, ") ");
  };
  return absl::StrCat(
      "SELECT c.name, 'its join code is good until another time, or for something else' "
      "FROM member_credentials c WHERE c.school = $1 AND c.code_expire_time IS NOT NULL AND ",
      differs("'/codes/0'", "code_expire_time", "secret:join_code"),
      "UNION ALL "
      "SELECT c.name, 'its secret is good until another time, or for something else' "
      "FROM member_credentials c WHERE c.school = $1 AND c.expire_time IS NOT NULL AND ",
      differs(absl::StrCat("'/secrets/' || (c.secrets % ", kMemberSecretsMax, ")"), "expire_time",
              "secret:member"),
      "UNION ALL "
      "SELECT c.name, 'was given other secrets than were asked for' FROM member_credentials c "
      "LEFT JOIN (SELECT principal, COUNT(*) AS times FROM audit_records WHERE school = $1 AND "
      "request_id <> '' AND method IN "
      "('vivier.statistics.v1.MemberCredentialService.RedeemJoinCode', "
      "'vivier.statistics.v1.MemberCredentialService.RenewMemberCredential') GROUP BY principal) "
      "AS asked ON asked.principal = c.name WHERE c.school = $1 AND "
      "c.secrets > COALESCE(asked.times, 0) UNION ALL "
      "SELECT r.membership, 'lets in a member that has no credential' FROM rights r LEFT JOIN "
      "member_credentials c ON c.school = r.school AND c.name = ",
      relations::ParentSql("r.membership"), " WHERE r.school = $1 AND c.name IS NULL AND ",
      relations::IsOf("r.membership", "memberCredentials/"));
}

// What the cells of these tables count.
std::string Counted(const std::string& tables) {
  return absl::StrCat("SELECT ", IdSql("name"),
                      ", CAST(count AS TEXT) FROM cells WHERE school = $1 AND count <> 0 AND "
                      "table_id IN (",
                      tables, ")");
}

void AddClaims(rpc::Service& service) {
  service
      .Claim("I17", "openings", Knows::kAll, "cohort_facts: name, start_date, end_date, capacity",
             &OpeningsIn)
      .Claim("I17", "where learners are", Knows::kAll,
             "learner_facts: name, candidate, cohort, learner_state", &LearnersIn)
      .Claim("I17", "minutes of sheets", Knows::kAll,
             "sheet_facts: name, revision, entries, minutes_due, minutes_present",
             absl::StrCat("SELECT ", IdSql("name"),
                          ", revision || ' ' || entries || ' ' || minutes_due || ' ' || "
                          "minutes_present FROM sheet_facts WHERE school = $1"))
      .Claim("I17", "funded seats", Knows::kAll, "seat_facts: name, cohort, funded",
             absl::StrCat("SELECT ", IdSql("name"),
                          ", cohort FROM seat_facts WHERE school = $1 AND funded = 1"))
      .Claim("I17", "released seats", Knows::kAll, "seat_facts: name, cohort, released",
             absl::StrCat("SELECT ", IdSql("name"),
                          ", cohort FROM seat_facts WHERE school = $1 AND released = 1"))
      .Claim("I17", "outcomes", Knows::kSome, "learner_results: name, result",
             ResultsOf(".outcome-", false))
      .Claim("I17", "certifications", Knows::kSome, "learner_results: name, result",
             ResultsOf(".certificate", true))
      .Claim("I17", "counts of applications", Knows::kAll, "cells: name, count",
             Counted("'applications'"))
      .Claim("I17", "counts of money", Knows::kAll, "cells: name, count",
             Counted("'earnings', 'invoices'"))
      .Claim("I17", "counts of contracts", Knows::kAll, "cells: name, count",
             Counted("'contracts'"));
}

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service.Follows("I16", "learner_results: name, learner", &CheckResults)
      .Follows("I16", "cells: name, table_id, cohort, dimension_values, count", &CheckCellNames)
      .Follows("I16", "cohort_facts: year; site_years: name, site, year", kNamesBroken)
      .Follows("I16", "learner_facts: learner_state", &CheckStates)
      .Follows("I16", "submissions: name, revision, state", &CheckRevisions)
      .Follows("I16", "member_credentials: name, code_expire_time, secrets, expire_time",
               CredentialsBroken())
      .Follows("I16",
               "rights: membership, position, subject, role, company, start_time, end_time, scope, "
               "permissions, funder",
               &CheckMemberRights);
  AddClaims(service);
}

}  // namespace vivier::statistics
