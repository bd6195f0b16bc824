// Indicators for those who ask: the school's own, and what may be shown to others. Stateless, hence
// thread-safe.
#pragma once

#include <vector>

#include "services/statistics/cells/cells.h"
#include "services/statistics/network/network.h"
#include "services/statistics/network/totals.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/facts.pb.h"
#include "vivier/statistics/v1/indicators.pb.h"

namespace vivier::statistics {

class Publisher {
 public:
  Publisher(Cells& cells, Network& network, Totals& totals)
      : cells_(cells), network_(network), totals_(totals) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::IndicatorDictionary> GetIndicatorDictionary(
      rpc::Call& call, const v1::GetIndicatorDictionaryRequest& request);
  absl::StatusOr<v1::ComputeOwnIndicatorsResponse> ComputeOwnIndicators(
      rpc::Call& call, const v1::ComputeOwnIndicatorsRequest& request);
  absl::StatusOr<v1::ComputeIndicatorsResponse> ComputeIndicators(
      rpc::Call& call, const v1::ComputeIndicatorsRequest& request);

  absl::StatusOr<v1::ExportIndicatorsResponse> ExportIndicators(
      rpc::Call& call, const v1::ExportIndicatorsRequest& request);

  // What may be shown of one year, and how many schools submitted figures of it.
  struct Year {
    std::vector<v1::IndicatorValue> values;
    int32_t schools = 0;
  };
  absl::StatusOr<Year> Publishable(rpc::Call& call, int year);

  Cells& cells_;
  Network& network_;
  Totals& totals_;
  storage::Rows<v1::CohortFact> cohorts_;
};

}  // namespace vivier::statistics
