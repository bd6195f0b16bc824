// What a panel may do with an application, and when. Pure functions on messages; thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

// Keeps the score in place of the same assessor's for the same criterion, while the panel is at
// work.
absl::Status KeepScore(const v1::Score& score, v1::Application& application);

// Ranks `listed`, best first, after `last_rank`, the worst rank of those not listed. Changes
// nothing when it refuses.
absl::Status Rank(const v1::Cohort& cohort, int last_rank, absl::Span<v1::Application> listed);

// Says who decided on the application, and why.
void RecordDecision(const std::string& decider, const std::string& reason,
                    v1::Application& application);

// PERSON_NEEDED while the application is not decided.
absl::Status CheckApplicationErasable(const v1::Application& application);

}  // namespace vivier::enrolment
