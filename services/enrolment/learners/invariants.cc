#include "services/enrolment/learners/invariants.h"

namespace vivier::enrolment {
namespace {

// People with two active records in one cohort.
constexpr char kActiveTwice[] =
    "SELECT candidate, 'more than one active learner in ' || cohort FROM learners "
    "WHERE school = $1 AND state IN ('ENROLLED', 'IN_TRAINING') "
    "GROUP BY cohort, candidate HAVING COUNT(*) > 1";

}  // namespace

void AddLearnersInvariants(rpc::Service& service) {
  service.Follows("I2", "learners: state", kActiveTwice);
}

}  // namespace vivier::enrolment
