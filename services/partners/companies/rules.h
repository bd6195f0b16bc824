// What a company and a partnership must be. Pure functions on messages, thread-safe.
#pragma once

#include "absl/status/status.h"
#include "vivier/partners/v1/companies.pb.h"

namespace vivier::partners {

// INVALID_ARGUMENT where the company's id is no SIRET.
absl::Status CheckSiret(const v1::Company& company);

// INVALID_ARGUMENT where the partnership has no kind, or ends before it starts.
absl::Status CheckTerms(const v1::Partnership& partnership);

}  // namespace vivier::partners
