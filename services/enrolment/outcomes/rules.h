// What counts as a learner's outcome, and when, by R-outcome of rules/. Pure functions,
// thread-safe.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/learners.pb.h"
#include "vivier/enrolment/v1/outcomes.pb.h"
#include "vivier/partners/v1/events.pb.h"

namespace vivier::enrolment {

// INVALID_ARGUMENT for other months than the table's; NOT_FINISHED while the learner is in
// training.
absl::Status CheckOutcome(const v1::Learner& learner, const v1::Outcome& outcome);

// The outcome at 0 months that a signed contract proves; none when it starts later, for then the
// outcomes at 3, 6 and 12 months say it.
std::optional<v1::Outcome> OutcomeOf(const partners::v1::ContractSigned& contract,
                                     const v1::Cohort& cohort);

}  // namespace vivier::enrolment
