// What French labour law says of a contract: pure functions over the tables of rules/, so that a
// contract is judged by the law of its first day. Here facts are counted, there it is decided.
// Findings of severity ERROR keep a contract from
// being signed; a WARNING leaves the decision to a person. Branch agreements may ask for more than
// the law: they enter as figures of the contract. Thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "vivier/partners/v1/companies.pb.h"
#include "vivier/partners/v1/contracts.pb.h"
#include "vivier/partners/v1/tutors.pb.h"

namespace vivier::partners {

// What the contract itself does not say.
struct Circumstances {
  v1::Company company;
  std::optional<v1::Tutor> tutor;
  // Signed contracts, beside this one, whose learners the tutor follows.
  int64_t tutees = 0;
};

// Findings in the order of the rules.
std::vector<v1::Finding> CheckLaw(const v1::Contract& contract, const Circumstances& circumstances);

// What must be sent or answered by when, and what silence means.
std::vector<v1::Deadline> DeadlinesOf(const v1::Contract& contract);

// Lowest gross pay a month in euro cents on `day` for a professionalisation contract of someone
// born on `birth`; nullopt before the first row of the tables.
std::optional<int64_t> LowestPayCents(const v1::Contract& contract, absl::CivilDay birth,
                                      absl::CivilDay day);

}  // namespace vivier::partners
