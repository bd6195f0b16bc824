// Whom an agreement pays for. Pure functions on messages, thread-safe.
#pragma once

#include <vector>

#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/funders.pb.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

// Every condition of the agreement's rule that a person of these classes does not satisfy; empty
// when eligible.
std::vector<v1::EligibilityFinding> Ineligibility(const v1::FundingAgreement& agreement,
                                                  const enrolment::v1::PersonClasses& classes);

}  // namespace vivier::funding
