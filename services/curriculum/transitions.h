// What moves a programme and a jury session: an rpc. Rows without code, thread-safe;
// transitions_test.cc compares them with the diagrams and with what the rules do.
//
//   Programme  new ─CreateProgramme, ImportLheo▶ DRAFT ─PublishProgramme▶ PUBLISHED
//              DRAFT, PUBLISHED ─UpdateProgramme, ImportLheo▶ DRAFT
//              PUBLISHED ─UpdateProgramme, PublishProgramme▶ PUBLISHED
//
//   JurySession  new ─CreateJurySession▶ PLANNED
//                PLANNED, DELIBERATED ─DeliberateJury▶ DELIBERATED
//                DELIBERATED ─AwardCertificates▶ AWARDED
#pragma once

#include "shared/base/transition.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::curriculum {

inline constexpr Transition<v1::Programme::State> kProgrammeTransitions[] = {
    {v1::Programme::STATE_UNSPECIFIED, "CreateProgramme", v1::Programme::DRAFT},
    {v1::Programme::STATE_UNSPECIFIED, "ImportLheo", v1::Programme::DRAFT},
    {v1::Programme::DRAFT, "PublishProgramme", v1::Programme::PUBLISHED},
    {v1::Programme::DRAFT, "UpdateProgramme", v1::Programme::DRAFT},
    {v1::Programme::DRAFT, "ImportLheo", v1::Programme::DRAFT},
    {v1::Programme::PUBLISHED, "UpdateProgramme", v1::Programme::DRAFT},
    {v1::Programme::PUBLISHED, "ImportLheo", v1::Programme::DRAFT},
    {v1::Programme::PUBLISHED, "UpdateProgramme", v1::Programme::PUBLISHED},
    {v1::Programme::PUBLISHED, "PublishProgramme", v1::Programme::PUBLISHED},
};

inline constexpr Transition<v1::JurySession::State> kJurySessionTransitions[] = {
    {v1::JurySession::STATE_UNSPECIFIED, "CreateJurySession", v1::JurySession::PLANNED},
    {v1::JurySession::PLANNED, "DeliberateJury", v1::JurySession::DELIBERATED},
    {v1::JurySession::DELIBERATED, "DeliberateJury", v1::JurySession::DELIBERATED},
    {v1::JurySession::DELIBERATED, "AwardCertificates", v1::JurySession::AWARDED},
};

}  // namespace vivier::curriculum
