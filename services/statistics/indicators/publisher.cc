#include "services/statistics/indicators/publisher.h"

#include <map>
#include <set>

#include "services/statistics/indicators/indicators.h"
#include "shared/base/error.h"
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
  Counts counts;
  if (request.year() != 0) {
    ASSIGN_OR_RETURN(counts, cells_.YearOf(call, request.year()));
  }
  const std::set<std::string> cohorts(request.cohorts().begin(), request.cohorts().end());
  for (const std::string& cohort : cohorts) RETURN_IF_ERROR(cells_.AddCohort(call, cohort, counts));
  v1::ComputeOwnIndicatorsResponse response;
  for (v1::IndicatorValue& value : OwnIndicators(counts, call.school()))
    *response.add_values() = std::move(value);
  return response;
}

absl::StatusOr<v1::ComputeIndicatorsResponse> Publisher::ComputeIndicators(
    Call& call, const v1::ComputeIndicatorsRequest& request) {
  ASSIGN_OR_RETURN(const v1::Total total, totals_.In(call, request.year()));
  Counts counts = Read(total);
  // A school that submitted is counted by its submission alone, also when it is this node itself.
  ASSIGN_OR_RETURN(const bool submitted, network_.HasSubmitted(call, call.school()));
  if (!submitted) {
    ASSIGN_OR_RETURN(const Counts own, cells_.YearOf(call, request.year()));
    for (const auto& [cell, count] : own) counts[cell] += count;
  }
  ASSIGN_OR_RETURN(int64_t members, network_.CountMembers(call));
  v1::ComputeIndicatorsResponse response;
  response.set_member_count(static_cast<int32_t>(members));
  response.set_submitted_count(static_cast<int32_t>(total.schools()));
  if (counts.empty()) return response;
  const std::string whole = total.schools() > 0 ? "" : call.school();
  const std::map<std::string, Counts> sites = {{whole, std::move(counts)}};
  for (v1::IndicatorValue& value : PublishableIndicators(sites))
    *response.add_values() = std::move(value);
  return response;
}

}  // namespace vivier::statistics
