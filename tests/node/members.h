// Schools below a node, as their parent sees them: figures of any kind, sent by whoever. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "absl/status/statusor.h"
#include "services/statistics/cells/tables.h"
#include "shared/security/school_key.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {

class Members {
 public:
  explicit Members(World& world) : world_(world) {}

  void Admit(const std::string& site);
  // What a school sends; every field can be changed before it goes.
  statistics::v1::SubmitCellsRequest Request(const std::string& site, int64_t revision,
                                             const statistics::ByYear& years) const;
  absl::StatusOr<statistics::v1::Submission> Submit(
      const statistics::v1::SubmitCellsRequest& request);

  // The figures of a node that is asked for all that it counts of that year, or of one school.
  statistics::Counts Counted(int year, const std::string& site = "");

 private:
  World& world_;
};

// Signs it as the school with that key does.
void Sign(statistics::v1::SubmitCellsRequest& request, const security::SchoolKey& key);

// Figures that hold together: each learner once in every table, at most `learners_max` a year in at
// most four years from 2024 on.
statistics::ByYear RandomFigures(std::mt19937_64& random, int learners_max);

}  // namespace vivier::testing
