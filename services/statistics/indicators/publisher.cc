#include "services/statistics/indicators/publisher.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "services/statistics/indicators/export.h"
#include "services/statistics/indicators/indicators.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {

using rpc::Call;

namespace {

constexpr int kYearMin = 2000;  // as of ComputeIndicators

// The request for the next year; false where there is none.
bool GoOn(const v1::ExportIndicatorsResponse& answer, v1::ExportIndicatorsRequest& request) {
  request.set_years_taken(answer.years_taken());
  return answer.years_taken() < answer.years_total();
}

}  // namespace

void Publisher::AddTo(rpc::Service& service) {
  service.On(*this, &Publisher::GetIndicatorDictionary)
      .On(*this, &Publisher::ComputeOwnIndicators)
      .On(*this, &Publisher::ComputeIndicators)
      .Stream(*this, &Publisher::ExportIndicators, &GoOn);
}

absl::StatusOr<v1::IndicatorDictionary> Publisher::GetIndicatorDictionary(
    Call&, const v1::GetIndicatorDictionaryRequest&) {
  v1::IndicatorDictionary response;
  for (v1::IndicatorDefinition& definition : Definitions())
    *response.add_indicator_definitions() = std::move(definition);
  return response;
}

absl::StatusOr<v1::ComputeOwnIndicatorsResponse> Publisher::ComputeOwnIndicators(
    Call& call, const v1::ComputeOwnIndicatorsRequest& request) {
  if ((request.year() == 0) == request.cohorts().empty())
    return InvalidField("year", "either a year or cohorts, not both");
  std::vector<std::string> ids(request.cohorts().begin(), request.cohorts().end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (request.year() != 0) {
    ASSIGN_OR_RETURN(const std::vector<v1::CohortFact> of_year,
                     cohorts_.Select(call, "year = $2 ORDER BY name",
                                     {storage::Value(int64_t{request.year()})}));
    for (const v1::CohortFact& fact : of_year) ids.push_back(IdInSchool(fact.name()));
  }
  std::vector<OwnCohort> cohorts;
  for (const std::string& id : ids) {
    OwnCohort& cohort = cohorts.emplace_back();
    RETURN_IF_ERROR(cells_.AddCohort(call, id, cohort.counts));
    ASSIGN_OR_RETURN(const std::optional<v1::CohortFact> fact,
                     cohorts_.Find(call, NameIn(call.school(), "cohortFacts", id)));
    if (!fact.has_value()) continue;
    cohort.start = ToCivil(fact->start_date());
    cohort.end = ToCivil(fact->end_date());
  }
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  v1::ComputeOwnIndicatorsResponse response;
  for (v1::IndicatorValue& value : OwnIndicators(cohorts, call.school(), today)) {
    value.set_year(request.year());
    *response.add_values() = std::move(value);
  }
  return response;
}

absl::StatusOr<v1::ComputeIndicatorsResponse> Publisher::ComputeIndicators(
    Call& call, const v1::ComputeIndicatorsRequest& request) {
  v1::ComputeIndicatorsResponse response;
  ASSIGN_OR_RETURN(int64_t members, network_.CountMembers(call));
  response.set_member_count(static_cast<int32_t>(members));
  for (int back = 0; back <= request.earlier_years(); ++back) {
    ASSIGN_OR_RETURN(Year year, Publishable(call, request.year() - back));
    if (back == 0) response.set_submitted_count(year.schools);
    for (v1::IndicatorValue& value : year.values) *response.add_values() = std::move(value);
  }
  return response;
}

absl::StatusOr<v1::ExportIndicatorsResponse> Publisher::ExportIndicators(
    Call& call, const v1::ExportIndicatorsRequest& request) {
  const bool as_csv = request.format() == v1::ExportIndicatorsRequest::CSV;
  v1::ExportIndicatorsResponse response;
  response.set_years_taken(request.years_taken() + 1);
  if (request.content() == v1::ExportIndicatorsRequest::DEFINITIONS) {
    response.set_years_total(1);
    response.set_data(as_csv ? ToCsv(Definitions()) : ToJson(Definitions()));
    return response;
  }
  if (request.year() < kYearMin)
    return InvalidField("year", absl::StrCat("is needed for figures, ", kYearMin, " or later"));
  if (request.years_taken() > request.earlier_years())
    return InvalidField("years_taken", "is more than the years that are asked for");
  response.set_years_total(request.earlier_years() + 1);
  ASSIGN_OR_RETURN(const Year year, Publishable(call, request.year() - request.years_taken()));
  response.set_data(
      as_csv ? ToCsv(year.values, request.years_taken() == 0 ? Header::kFirst : Header::kNone)
             : ToJson(year.values));
  return response;
}

absl::StatusOr<Publisher::Year> Publisher::Publishable(Call& call, int year) {
  ASSIGN_OR_RETURN(const v1::Total total, totals_.In(call, year));
  Counts counts = Read(total);
  // A school that submitted is counted by its submission alone, also when it is this node itself.
  ASSIGN_OR_RETURN(const bool submitted, network_.HasSubmitted(call, call.school()));
  if (!submitted) {
    ASSIGN_OR_RETURN(const Counts own, cells_.YearOf(call, year));
    for (const auto& [cell, count] : own) counts[cell] += count;
  }
  Year result;
  result.schools = static_cast<int32_t>(total.schools());
  if (counts.empty()) return result;
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  result.values = PublishableIndicators(
      {{result.schools > 0 ? "" : call.school(), std::move(counts)}}, year, today);
  return result;
}

}  // namespace vivier::statistics
