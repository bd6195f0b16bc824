#include "services/statistics/indicators/publisher.h"

#include <algorithm>
#include <map>

#include "services/statistics/indicators/indicators.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {

using rpc::Call;

void Publisher::AddTo(rpc::Service& service) {
  service.On(*this, &Publisher::GetIndicatorDictionary)
      .On(*this, &Publisher::ComputeOwnIndicators)
      .On(*this, &Publisher::ComputeIndicators);
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
  // A school that submitted is counted by its submission alone, also when it is this node itself.
  ASSIGN_OR_RETURN(const bool submitted, network_.HasSubmitted(call, call.school()));
  for (int back = 0; back <= request.earlier_years(); ++back) {
    ASSIGN_OR_RETURN(const int schools, AddYear(call, request.year() - back, !submitted, response));
    if (back == 0) response.set_submitted_count(schools);
  }
  return response;
}

absl::StatusOr<int> Publisher::AddYear(Call& call, int year, bool with_own,
                                       v1::ComputeIndicatorsResponse& response) {
  ASSIGN_OR_RETURN(const v1::Total total, totals_.In(call, year));
  const int schools = static_cast<int>(total.schools());
  Counts counts = Read(total);
  if (with_own) {
    ASSIGN_OR_RETURN(const Counts own, cells_.YearOf(call, year));
    for (const auto& [cell, count] : own) counts[cell] += count;
  }
  if (counts.empty()) return schools;
  const std::map<std::string, Counts> sites = {
      {schools > 0 ? "" : call.school(), std::move(counts)}};
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  for (v1::IndicatorValue& value : PublishableIndicators(sites, year, today))
    *response.add_values() = std::move(value);
  return schools;
}

}  // namespace vivier::statistics
