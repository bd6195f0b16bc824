// The states of a submission at a parent and of a member's credential, and the rpcs that move them.
// A submission's state is the answer's: what is set aside is kept as a QuarantinedSubmission, and
// what was accepted before stays. Rows without code, thread-safe; states_test.cc compares them with
// the diagram and with the rule.
//
//   Submission  new ─SubmitCells▶ ACCEPTED, QUARANTINED
//               ACCEPTED ─SubmitCells▶ ACCEPTED, QUARANTINED
//
//   MemberCredential  new ─IssueJoinCode▶ INVITED
//                     INVITED, JOINED, REVOKED ─IssueJoinCode▶ INVITED
//                     INVITED ─RedeemJoinCode▶ JOINED ─RenewMemberCredential▶ JOINED
//                     INVITED, JOINED ─RevokeMemberCredential▶ REVOKED
#pragma once

#include "shared/base/transition.h"
#include "vivier/statistics/v1/credentials.pb.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

inline constexpr Transition<v1::Submission::State> kSubmissionTransitions[] = {
    {v1::Submission::STATE_UNSPECIFIED, "SubmitCells", v1::Submission::ACCEPTED},
    {v1::Submission::STATE_UNSPECIFIED, "SubmitCells", v1::Submission::QUARANTINED},
    {v1::Submission::ACCEPTED, "SubmitCells", v1::Submission::ACCEPTED},
    {v1::Submission::ACCEPTED, "SubmitCells", v1::Submission::QUARANTINED},
};

inline constexpr Transition<v1::MemberCredential::State> kMemberCredentialTransitions[] = {
    {v1::MemberCredential::STATE_UNSPECIFIED, "IssueJoinCode", v1::MemberCredential::INVITED},
    {v1::MemberCredential::INVITED, "IssueJoinCode", v1::MemberCredential::INVITED},
    {v1::MemberCredential::JOINED, "IssueJoinCode", v1::MemberCredential::INVITED},
    {v1::MemberCredential::REVOKED, "IssueJoinCode", v1::MemberCredential::INVITED},
    {v1::MemberCredential::INVITED, "RedeemJoinCode", v1::MemberCredential::JOINED},
    {v1::MemberCredential::JOINED, "RenewMemberCredential", v1::MemberCredential::JOINED},
    {v1::MemberCredential::INVITED, "RevokeMemberCredential", v1::MemberCredential::REVOKED},
    {v1::MemberCredential::JOINED, "RevokeMemberCredential", v1::MemberCredential::REVOKED},
};

}  // namespace vivier::statistics
