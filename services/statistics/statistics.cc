#include "services/statistics/statistics.h"

#include "services/statistics/facts/recount.h"
#include "services/statistics/invariants.h"

namespace vivier::statistics {

Statistics::Statistics() { cells_.changed.Calls(network_, &Network::SetClock); }

rpc::Service Statistics::Rpc() {
  rpc::Service service("statistics");
  cells_.AddTo(service);
  learners_.AddTo(service);
  seats_.AddTo(service);
  service.Follows(
      "I11",
      "cells: name, count; base_cells: name, counts; seat_facts: cohort, funded, released; "
      "sheet_facts: entries, minutes_due, minutes_present; learner_facts: learner_state; "
      "cohort_facts: capacity; learner_results: name, cohort, result",
      CheckCells);
  credentials_.AddTo(service);
  totals_.AddTo(service);
  network_.AddTo(service);
  publisher_.AddTo(service);
  registry_.AddTo(service);
  series_.AddTo(service);
  AddJoinedInvariants(service);
  return service;
}

}  // namespace vivier::statistics
