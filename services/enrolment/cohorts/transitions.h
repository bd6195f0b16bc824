// What moves a cohort: an rpc. Rows without code, thread-safe; transitions_test.cc compares them
// with the diagram and with what the rules do.
//
//   Cohort  new ─CreateCohort▶ DRAFT ─OpenCohort▶ OPEN ─StartCohort▶ RUNNING
//           RUNNING ─FinishCohort▶ FINISHED
#pragma once

#include "shared/base/transition.h"
#include "vivier/enrolment/v1/cohorts.pb.h"

namespace vivier::enrolment {

inline constexpr Transition<v1::Cohort::State> kCohortTransitions[] = {
    {v1::Cohort::STATE_UNSPECIFIED, "CreateCohort", v1::Cohort::DRAFT},
    {v1::Cohort::DRAFT, "OpenCohort", v1::Cohort::OPEN},
    {v1::Cohort::OPEN, "StartCohort", v1::Cohort::RUNNING},
    {v1::Cohort::RUNNING, "FinishCohort", v1::Cohort::FINISHED},
};

}  // namespace vivier::enrolment
