#include "services/statistics/series/series.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/statistics/registry/imports.h"
#include "services/statistics/series/reading.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {

using rpc::Call;
using v1::ExternalFigure;
using v1::ExternalSeries;
using v1::SchoolImportRow;

namespace {

std::string FigureName(const std::string& series, const std::string& uai) {
  return absl::StrCat(ParentOf(series), "/externalFigures/", IdOf(series), ".",
                      absl::AsciiStrToLower(uai));
}

absl::StatusOr<rpc::Breaches> CheckFigures(storage::Transaction& transaction) {
  rpc::Breaches breaches;
  RETURN_IF_ERROR(relations::Each<ExternalFigure>(transaction, [&](const ExternalFigure& figure) {
    ++breaches.checked;
    if (FigureName(figure.external_series(), figure.uai()) != figure.name())
      breaches.Add(figure.name(), "is not named after its series and school");
  }));
  return breaches;
}

// The field in which two series of one name differ; "" where they say the same.
std::string Difference(const ExternalSeries& known, const ExternalSeries& said) {
  if (known.title() != said.title()) return "title";
  if (known.source() != said.source()) return "source";
  if (known.year() != said.year()) return "year";
  if (known.definition() != said.definition()) return "definition";
  const bool same = std::equal(known.column_titles().begin(), known.column_titles().end(),
                               said.column_titles().begin(), said.column_titles().end());
  return same ? "" : "column_titles";
}

}  // namespace

void Series::AddTo(rpc::Service& service) {
  service.Standard(series_)
      .Standard(figures_)
      .On(*this, &Series::ImportExternalSeries)
      .Follows("I16", "external_figures: external_series, uai", &CheckFigures);
}

absl::StatusOr<v1::SchoolImportReport> Series::ImportExternalSeries(
    Call& call, const v1::ImportExternalSeriesRequest& request) {
  ASSIGN_OR_RETURN(ReadFigures read, ReadSeries(request.content()));
  ExternalSeries series = request.external_series();
  series.set_name(ChildName(request.parent(), "externalSeries", request.external_series_id()));
  series.clear_etag();
  series.mutable_column_titles()->Assign(read.column_titles.begin(), read.column_titles.end());
  RETURN_IF_ERROR(Keep(call, series));
  v1::SchoolImportReport report;
  for (v1::ReadSeriesRow& row : read.rows) {
    SchoolImportRow& of_row = *row.mutable_report();
    if (of_row.result() != SchoolImportRow::REFUSED)
      RETURN_IF_ERROR(ImportOne(call, series, std::move(*row.mutable_external_figure()), of_row));
    AddRow(std::move(of_row), report);
  }
  return report;
}

absl::Status Series::Keep(Call& call, ExternalSeries series) {
  ASSIGN_OR_RETURN(const std::optional<ExternalSeries> known, series_.Find(call, series.name()));
  if (!known.has_value()) return series_.Insert(call, series);
  const std::string field = Difference(*known, series);
  if (field.empty()) return absl::OkStatus();
  return Refused(v1::SERIES_DIFFERS, "another series has this id: give this one its own",
                 {{"external_series", series.name()}, {"field", field}});
}

absl::Status Series::ImportOne(Call& call, const ExternalSeries& series, ExternalFigure figure,
                               SchoolImportRow& row) {
  figure.set_name(FigureName(series.name(), figure.uai()));
  figure.set_external_series(series.name());
  row.set_external_figure(figure.name());
  ASSIGN_OR_RETURN(const std::optional<ExternalFigure> known, figures_.Find(call, figure.name()));
  if (!known.has_value()) {
    row.set_result(SchoolImportRow::CREATED);
    return figures_.Insert(call, figure);
  }
  figure.set_etag(known->etag());
  const bool changed = figure.SerializeAsString() != known->SerializeAsString();
  row.set_result(changed ? SchoolImportRow::CHANGED : SchoolImportRow::UNCHANGED);
  return changed ? figures_.Update(call, figure) : absl::OkStatus();
}

}  // namespace vivier::statistics
