// What a person is on a given day, and whether a cohort's dated rules let them in: which rule,
// which fact, which date, by R-eligibility of rules/. It decides nothing: a panel does. Pure
// functions, thread-safe.
#pragma once

#include <vector>

#include "absl/time/civil_time.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

// The coarse classes that events carry; the age band is that of the cohort's first day.
v1::PersonClasses ClassesOf(const v1::Candidate& candidate, const v1::Cohort& cohort);

// A finding for each rule of the cohort that is valid on `submitted`, in the order of the rules. A
// fact that is not known satisfies no rule.
std::vector<v1::EligibilityFinding> Assess(const v1::Cohort& cohort, const v1::Candidate& candidate,
                                           absl::CivilDay submitted);

}  // namespace vivier::enrolment
