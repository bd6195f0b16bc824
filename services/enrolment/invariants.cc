#include "services/enrolment/invariants.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/enrolment/selection/states.h"

namespace vivier::enrolment {
namespace {

using v1::Application;

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

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service.Holds("I1", "SELECT COUNT(*) FROM cohort_seats WHERE school = $1", SeatsBroken());
}

}  // namespace vivier::enrolment
