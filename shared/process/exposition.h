// What Prometheus is told of a process beside what the house counts as it happens
// (shared/rpc/metrics.h): a look at the process at each scrape. docs/observability.md lists every
// metric. Labels name services, schools and files; never personal data. Thread-safe.
#pragma once

#include <vector>

#include "prometheus/collectable.h"
#include "shared/process/vitals.h"

namespace vivier::site {

class Exposition : public prometheus::Collectable {
 public:
  // `vitals` outlives this.
  explicit Exposition(const Vitals& vitals) : vitals_(vitals) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Vitals& vitals_;
};

}  // namespace vivier::site
