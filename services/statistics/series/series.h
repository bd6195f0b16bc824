// Series that others publish: kept as they were published, beside our figures and never added to
// them. What a source hides is kept as hidden; nothing is computed from what it shows. Stateless
// besides its tables, hence thread-safe.
#pragma once

#include "shared/service/service.h"
#include "vivier/statistics/v1/registry.pb.h"
#include "vivier/statistics/v1/series.pb.h"

namespace vivier::statistics {

class Series {
 public:
  // Puts its rpcs and invariants into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::SchoolImportReport> ImportExternalSeries(
      rpc::Call& call, const v1::ImportExternalSeriesRequest& request);
  absl::Status ImportOne(rpc::Call& call, const v1::ExternalSeries& series,
                         v1::ExternalFigure figure, v1::SchoolImportRow& row);
  // Stores the series where it is new; SERIES_DIFFERS where it is there and says something else.
  absl::Status Keep(rpc::Call& call, v1::ExternalSeries series);

  storage::Table<v1::ExternalSeries> series_;
  storage::Table<v1::ExternalFigure> figures_;
};

}  // namespace vivier::statistics
