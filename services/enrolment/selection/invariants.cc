#include "services/enrolment/selection/invariants.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/enrolment/selection/states.h"

namespace vivier::enrolment {
namespace {

// People with two seats in one cohort.
std::string SeatedTwice() {
  return absl::StrCat(
      "SELECT candidate, 'more than one seat in ' || cohort FROM applications "
      "WHERE school = $1 AND ",
      HasSeatSql(), " GROUP BY cohort, candidate HAVING COUNT(*) > 1");
}

// The holds whose money is reserved as far as this service knows, by the name of their reservation.
// Holds that wait for an answer are in flight and claim nothing.
std::string FundedHolds() {
  return absl::StrCat(
      "SELECT 'schools/' || school || '/reservations/' || hold, name FROM applications "
      "WHERE school = $1 AND ",
      WhereState(IsTaken));
}

}  // namespace

void AddApplicationsInvariants(rpc::Service& service) {
  service.Holds("I2", "SELECT COUNT(*) FROM applications WHERE school = $1", SeatedTwice())
      .Claim("I7", "funded holds", rpc::Knows::kAll, "applications: hold", FundedHolds());
}

}  // namespace vivier::enrolment
