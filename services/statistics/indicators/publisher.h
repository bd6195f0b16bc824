// Indicators for those who ask: the school's own, and what may be shown to others. Stateless, hence
// thread-safe.
#pragma once

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

  // Adds what may be shown of one year, with this school's own counts or without; answers how many
  // schools submitted figures of it.
  absl::StatusOr<int> AddYear(rpc::Call& call, int year, bool with_own,
                              v1::ComputeIndicatorsResponse& response);

  Cells& cells_;
  Network& network_;
  Totals& totals_;
  storage::Rows<v1::CohortFact> cohorts_;
};

}  // namespace vivier::statistics
