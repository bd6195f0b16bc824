// A batch of a thousand admissions with thirty refusals among them, what is to become of each, and
// a tally of what became of them that counts rows and asks nobody. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/storage/engines/database.h"
#include "tests/support/ranked_cohorts.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {

struct AdmissionBatch {
  enrolment::v1::BatchAdmitApplicationsRequest request;
  std::vector<std::string> reasons;  // of each item, "" for one that is done
  int done = 0;                      // items that are done
};

// Cohorts with as many applicants, seats and paid seats as the batch admits.
std::vector<RankedCohort> CohortsOfBatch();

// The applicants of CohortsOfBatch in an order of chance that is always the same.
AdmissionBatch MakeAdmissionBatch(
    const std::vector<enrolment::v1::AdmitApplicationRequest>& admissions,
    const std::string& request_id);

// Fails the test for each item that became of anything else.
void ExpectAsMade(const AdmissionBatch& batch,
                  const enrolment::v1::BatchAdmitApplicationsResponse& response);

// What stands in enrolment's database of admissions.
struct AdmissionTally {
  int64_t audited = 0;      // audit records
  int64_t request_ids = 0;  // different ones among them
  int64_t answers = 0;      // kept for replays
  int64_t held = 0;         // events SeatHeld
  int64_t subjects = 0;     // whose seats those are
  int64_t admitted = 0;     // applications that are no longer shortlisted
};
AdmissionTally TallyAdmissions(const std::string& database_url);

// Fails the test unless each of `done` admissions had its effect once.
void ExpectEachOnce(const AdmissionTally& tally, int done);

}  // namespace vivier::testing
