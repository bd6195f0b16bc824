// Cohorts with ranked applicants and agreements that pay for a part of the seats, made over the
// wire: what a test of admissions starts from. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "tests/support/client.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {

inline constexpr char kSchool[] = "schools/nancy";
inline constexpr int64_t kSeatCents = 850'000;  // what a seat costs, whoever pays

struct RankedCohort {
  std::string id;
  int seats, paid_seats, applicants;

  std::string name() const { return std::string(kSchool) + "/cohorts/" + id; }
};

// Makes them, in a school that has none, and gives the admission of each applicant, by cohort and
// rank.
std::vector<enrolment::v1::AdmitApplicationRequest> RankApplicants(
    Client& client, const std::vector<RankedCohort>& cohorts);

}  // namespace vivier::testing
