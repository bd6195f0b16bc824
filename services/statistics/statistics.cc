#include "services/statistics/statistics.h"

#include "services/statistics/facts/recount.h"

namespace vivier::statistics {

Statistics::Statistics() { cells_.changed.Calls(network_, &Network::SetClock); }

rpc::Service Statistics::Rpc() {
  rpc::Service service("statistics");
  cells_.AddTo(service);
  learners_.AddTo(service);
  seats_.AddTo(service);
  service.Holds("I11", CheckCells);
  network_.AddTo(service);
  publisher_.AddTo(service);
  return service;
}

}  // namespace vivier::statistics
