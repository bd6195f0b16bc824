#include "services/enrolment/invariants.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/presence/rules.h"
#include "services/enrolment/selection/states.h"

namespace vivier::enrolment {
namespace {

using v1::Application;

bool HoldsSeat(Application::State state) { return IsHeld(state) || IsTaken(state); }

// Cohorts whose counters are beyond their seats or other than their rows say.
std::string SeatsBroken() {
  const auto counted = [](bool (*is)(Application::State)) {
    return absl::StrCat(
        "(SELECT COUNT(*) FROM applications a WHERE a.school = s.school AND "
        "a.cohort || '/seats' = s.name AND ",
        WhereState(is, "a.state"), ")");
  };
  return absl::StrCat(
      "SELECT s.name, 'held or taken differs from the applications, or exceeds the capacity' "
      "FROM cohort_seats s WHERE s.school = $1 AND (s.held + s.taken > s.capacity OR s.held <> ",
      counted(IsHeld), " OR s.taken <> ", counted(IsTaken), ")");
}

// People with two active records, or two seats, in one cohort.
std::string LearnersBroken() {
  return absl::StrCat(
      "SELECT candidate, 'more than one active learner in ' || cohort FROM learners "
      "WHERE school = $1 AND state IN ('ENROLLED', 'IN_TRAINING') "
      "GROUP BY cohort, candidate HAVING COUNT(*) > 1 "
      "UNION ALL SELECT candidate, 'more than one seat in ' || cohort FROM applications "
      "WHERE school = $1 AND ",
      WhereState(HoldsSeat), " GROUP BY cohort, candidate HAVING COUNT(*) > 1");
}

// The holds whose money is reserved as far as this service knows, by the name of their reservation.
// Holds that wait for an answer are in flight and claim nothing.
std::string FundedHolds() {
  return absl::StrCat(
      "SELECT 'schools/' || school || '/reservations/' || hold, name FROM applications "
      "WHERE school = $1 AND ",
      WhereState(IsTaken));
}

// Every sheet that was sealed finds its seal, so none was cut off the end of the chain.
constexpr char kSealsMissing[] =
    "SELECT s.name, 'the chain of its cohort has no such seal' FROM attendance_sheets s "
    "WHERE s.school = $1 AND s.chain_number > 0 AND NOT EXISTS (SELECT 1 FROM attendance_seals l "
    "WHERE l.school = s.school AND l.cohort = s.cohort AND l.number = s.chain_number "
    "AND l.hash = s.chain_hash)";

// Each link of each cohort's chain of seals follows from the one before.
absl::StatusOr<rpc::Breaches> CheckSealChains(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      storage::Result result,
      transaction.connection().Query("SELECT cohort, number, content, hash FROM attendance_seals "
                                     "WHERE school = $1 ORDER BY cohort, number",
                                     {storage::Value(transaction.school())}));
  std::map<std::string, std::vector<v1::AttendanceSeal>> chains;
  for (const storage::Row& row : result.rows) {
    v1::AttendanceSeal& seal = chains[std::get<std::string>(row[0])].emplace_back();
    seal.set_number(std::get<int64_t>(row[1]));
    seal.set_content(std::get<std::string>(row[2]));
    seal.set_hash(std::get<std::string>(row[3]));
  }
  rpc::Breaches breaches;
  breaches.checked = static_cast<int64_t>(result.rows.size());
  for (const auto& [cohort, chain] : chains) {
    const int64_t broken = FirstBrokenSeal(chain);
    if (broken == 0) continue;
    if (breaches.violations++ > 0) continue;
    breaches.first_row = absl::StrCat(cohort, "/attendanceSeals/", broken);
    breaches.explanation = "does not follow from the link before it";
  }
  return breaches;
}

}  // namespace

void AddInvariants(rpc::Service& service) {
  service.Holds("I1", "SELECT COUNT(*) FROM cohort_seats WHERE school = $1", SeatsBroken())
      .Holds("I2", "SELECT COUNT(*) FROM learners WHERE school = $1", LearnersBroken())
      .Holds("I12", CheckSealChains)
      .Holds("I12", "SELECT COUNT(*) FROM attendance_sheets WHERE school = $1 AND chain_number > 0",
             kSealsMissing)
      .Claim("I7", FundedHolds());
}

}  // namespace vivier::enrolment
