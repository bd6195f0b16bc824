// What funders and agreements must be; states.h draws the states of an agreement. Pure functions on
// messages, thread-safe.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/type/date.pb.h"
#include "vivier/funding/v1/funders.pb.h"

namespace vivier::funding {

// -1, 0 or 1 as `left` is before, at or after `right`.
int Compare(const google::type::Date& left, const google::type::Date& right);

// Whether the day is within the agreement's dates, both included.
bool ValidOn(const v1::FundingAgreement& agreement, const google::type::Date& date);

// INVALID_ARGUMENT where the number that the funder has is no SIRET.
absl::Status CheckSiret(const v1::Funder& funder);

// INVALID_ARGUMENT where the dates of the agreement are no interval.
absl::Status CheckAgreement(const v1::FundingAgreement& agreement);

// Puts the agreement into the state to which `act` leads, or AGREEMENT_CLOSED.
absl::Status MoveAgreement(absl::string_view act, v1::FundingAgreement& agreement);

}  // namespace vivier::funding
