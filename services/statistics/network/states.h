// The states of a submission at a parent, and the rpc that moves them. A state is the answer's:
// what is set aside is kept as a QuarantinedSubmission, and what was accepted before stays. Rows
// without code, thread-safe; states_test.cc compares them with the diagram and with the rule.
//
//   Submission  new ─SubmitCells▶ ACCEPTED, QUARANTINED
//               ACCEPTED ─SubmitCells▶ ACCEPTED, QUARANTINED
#pragma once

#include "shared/base/transition.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

inline constexpr Transition<v1::Submission::State> kSubmissionTransitions[] = {
    {v1::Submission::STATE_UNSPECIFIED, "SubmitCells", v1::Submission::ACCEPTED},
    {v1::Submission::STATE_UNSPECIFIED, "SubmitCells", v1::Submission::QUARANTINED},
    {v1::Submission::ACCEPTED, "SubmitCells", v1::Submission::ACCEPTED},
    {v1::Submission::ACCEPTED, "SubmitCells", v1::Submission::QUARANTINED},
};

}  // namespace vivier::statistics
