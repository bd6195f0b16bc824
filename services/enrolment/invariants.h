// What `verify` evaluates over this service's tables. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "shared/service/service.h"

namespace vivier::enrolment {

// Cohorts whose counters are beyond their seats or other than their rows say.
inline constexpr char kSeatsBroken[] =
    "SELECT s.name, 'held or taken differs from the applications, or exceeds the capacity' "
    "FROM cohort_seats s WHERE s.school = $1 AND (s.held + s.taken > s.capacity "
    "OR s.held <> (SELECT COUNT(*) FROM applications a WHERE a.school = s.school AND a.cohort || "
    "'/seats' = s.name "
    "AND a.state IN ('FUNDING_PENDING', 'AWAITING_FUNDING')) "
    "OR s.taken <> (SELECT COUNT(*) FROM applications a WHERE a.school = s.school AND a.cohort || "
    "'/seats' = s.name "
    "AND a.state IN ('ADMITTED', 'ACCEPTED')))";

// People with two active records, or two seats, in one cohort.
inline constexpr char kLearnersBroken[] =
    "SELECT candidate, 'more than one active learner in ' || cohort FROM learners "
    "WHERE school = $1 AND state IN ('ENROLLED', 'IN_TRAINING') GROUP BY cohort, candidate HAVING "
    "COUNT(*) > 1 "
    "UNION ALL SELECT candidate, 'more than one seat in ' || cohort FROM applications "
    "WHERE school = $1 AND state IN ('FUNDING_PENDING', 'AWAITING_FUNDING', 'ADMITTED', "
    "'ACCEPTED') "
    "GROUP BY cohort, candidate HAVING COUNT(*) > 1";

// I7: the holds whose money is reserved as far as this service knows, by the name of their
// reservation. Holds that wait for an answer are in flight and claim nothing.
inline constexpr char kFundedHolds[] =
    "SELECT 'schools/' || school || '/reservations/' || hold, name FROM applications "
    "WHERE school = $1 AND state IN ('ADMITTED', 'ACCEPTED')";

// I12: every sheet that was sealed finds its seal, so none was cut off the end of the chain.
inline constexpr char kSealsMissing[] =
    "SELECT s.name, 'the chain of its cohort has no such seal' FROM attendance_sheets s WHERE "
    "s.school = $1 AND "
    "s.chain_number > 0 AND NOT EXISTS (SELECT 1 FROM attendance_seals l WHERE l.school = s.school "
    "AND "
    "l.cohort = s.cohort AND l.number = s.chain_number AND l.hash = s.chain_hash)";

// I12: each link of each cohort's chain of seals follows from the one before.
absl::StatusOr<rpc::Breaches> CheckSealChains(storage::Transaction& transaction);

}  // namespace vivier::enrolment
