// What a school signs of a certificate, so that others can check it without this program
// (docs/evidence.md). Functions without state, thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/security/school_key.h"
#include "vivier/curriculum/v1/resources.pb.h"

namespace vivier::curriculum {

// Completes what a jury's decision gives by what is certified and when it became final, and signs
// it. INTERNAL without a key.
absl::Status SignCertificate(const security::SchoolKey* key, const v1::ProgrammeRevision& revision,
                             absl::Time time, v1::Certificate& certificate);

// Whether it is signed by the key that it names.
bool IsSigned(const v1::Certificate& certificate);

// What its jury decided: without what SignCertificate sets.
v1::Certificate DecisionOf(v1::Certificate certificate);

}  // namespace vivier::curriculum
