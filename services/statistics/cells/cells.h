// The cells: counts by declared table, cohort and values, and the year of each cohort. Stateless
// besides its tables, hence thread-safe.
#pragma once

#include <string>

#include "services/statistics/cells/rules.h"
#include "services/statistics/cells/tables.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/statistics/v1/cells.pb.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::statistics {

class Cells {
 public:
  // Puts its rpcs and reactions into the service.
  void AddTo(rpc::Service& service);

  // Adds the changes to their cells.
  absl::Status Apply(rpc::Call& call, const Changes& changes);

  // Adds the cells of one cohort, "" for the tables that no cohort divides.
  absl::Status AddCohort(rpc::Call& call, const std::string& cohort, Counts& counts);
  absl::StatusOr<Counts> YearOf(rpc::Call& call, int year);
  // All cells; cohorts whose opening is not known yet are counted in year 0.
  absl::StatusOr<ByYear> AllYears(rpc::Call& call);

  // A cell moved.
  rpc::Hook<> changed;

 private:
  absl::Status OnCohortOpened(rpc::Call& call, const enrolment::v1::CohortOpened& event);

  storage::Table<v1::Cell> cells_;
  storage::Table<v1::CohortFact> cohorts_;
};

}  // namespace vivier::statistics
