#include "services/statistics/statistics.h"

#include "absl/strings/str_cat.h"
#include "services/statistics/indicators.h"
#include "services/statistics/invariants.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {
namespace {

std::string Parent(const rpc::Call& call) { return absl::StrCat("schools/", call.school()); }

void Add(const v1::Cell& cell, Counts& counts) {
  counts[CellKey{cell.table_id(),
                 {cell.dimension_values().begin(), cell.dimension_values().end()}}] += cell.count();
}

}  // namespace

rpc::Service Statistics::Rpc() {
  rpc::Service service("statistics");
  service.Standard<v1::Cell>(cells_)
      .Standard<v1::Submission>(submissions_)
      .Standard<v1::QuarantinedSubmission>(quarantined_)
      .Standard<v1::Member>(members_,
                            [this](Call& call, const v1::Member* before, v1::Member& after) {
                              return CheckMember(call, before, after);
                            })
      .Keeps(cohorts_)
      .Keeps(learners_)
      .Keeps(base_cells_)
      .Keeps(results_)
      .Keeps(seats_)
      .Keeps(sheets_)
      .Keeps(clocks_)
      .Keeps(site_years_);
  service.On(*this, &Statistics::GetIndicatorDictionary)
      .On(*this, &Statistics::ComputeOwnIndicators)
      .On(*this, &Statistics::ComputeIndicators)
      .On(*this, &Statistics::ComputeSubmission)
      .On(*this, &Statistics::RequestSubmission)
      .On(*this, &Statistics::SubmitCells)
      .On(*this, &Statistics::GetFreshness)
      .On(*this, &Statistics::DeleteMember);
  service.React(*this, &Statistics::OnCohortOpened)
      .React(*this, &Statistics::OnApplicationSubmitted)
      .React(*this, &Statistics::OnApplicationRejected)
      .React(*this, &Statistics::OnLearnerEnrolled)
      .React(*this, &Statistics::OnLearnerLeft)
      .React(*this, &Statistics::OnLearnerFinished)
      .React(*this, &Statistics::OnPersonErased)
      .React(*this, &Statistics::OnAttendanceSheetSealed)
      .React(*this, &Statistics::OnOutcomeRecorded)
      .React(*this, &Statistics::OnSeatReleased)
      .React(*this, &Statistics::OnSeatFunded)
      .React(*this, &Statistics::OnAttendanceSheetPosted)
      .React(*this, &Statistics::OnInvoiceIssued)
      .React(*this, &Statistics::OnCertificateAwarded)
      .React(*this, &Statistics::OnContractSigned)
      .React(*this, &Statistics::OnContractBroken)
      .Tick(*this, &Statistics::TellOfChange, clocks_, "due_time")
      .Deliver(*this, &Statistics::SendSubmission)
      .Holds("I11", CheckCells)
      .Holds("I11", CheckSubmissions);
  return service;
}

absl::StatusOr<v1::IndicatorDictionary> Statistics::GetIndicatorDictionary(
    Call&, const v1::GetIndicatorDictionaryRequest&) {
  v1::IndicatorDictionary response;
  for (v1::IndicatorDefinition& definition : Definitions())
    *response.add_indicator_definitions() = std::move(definition);
  return response;
}

absl::StatusOr<v1::ComputeOwnIndicatorsResponse> Statistics::ComputeOwnIndicators(
    Call& call, const v1::ComputeOwnIndicatorsRequest& request) {
  if ((request.year() == 0) == request.cohorts().empty())
    return InvalidField("year", "either a year or cohorts, not both");
  Counts counts;
  if (request.year() != 0) {
    ASSIGN_OR_RETURN(counts, YearOf(call, request.year()));
  }
  const std::set<std::string> cohorts(request.cohorts().begin(), request.cohorts().end());
  for (const std::string& cohort : cohorts) RETURN_IF_ERROR(AddCohort(call, cohort, counts));
  v1::ComputeOwnIndicatorsResponse response;
  for (v1::IndicatorValue& value : OwnIndicators(counts, call.school()))
    *response.add_values() = std::move(value);
  return response;
}

absl::StatusOr<v1::ComputeIndicatorsResponse> Statistics::ComputeIndicators(
    Call& call, const v1::ComputeIndicatorsRequest& request) {
  std::map<std::string, Counts> sites;
  ASSIGN_OR_RETURN(Counts own, YearOf(call, request.year()));
  if (!own.empty()) sites[call.school()] = std::move(own);
  // A school that submitted is counted by its submission alone, also when it is this node itself.
  ASSIGN_OR_RETURN(std::vector<v1::SiteYear> rows,
                   site_years_.Select(call, "year = $2 ORDER BY name",
                                      {storage::Value(int64_t{request.year()})}));
  for (const v1::SiteYear& row : rows) sites[row.site()] = Read(row);
  ASSIGN_OR_RETURN(int64_t members, members_.Count(call, "name > $2", {storage::Value("")}));
  v1::ComputeIndicatorsResponse response;
  response.set_member_count(static_cast<int32_t>(members));
  response.set_submitted_count(static_cast<int32_t>(rows.size()));
  for (v1::IndicatorValue& value : PublishableIndicators(sites))
    *response.add_values() = std::move(value);
  return response;
}

absl::StatusOr<v1::ComputeSubmissionResponse> Statistics::ComputeSubmission(
    Call& call, const v1::ComputeSubmissionRequest& request) {
  v1::ComputeSubmissionResponse response;
  ByYear years;
  if (request.site().empty()) {
    ASSIGN_OR_RETURN(std::optional<v1::SubmissionClock> clock,
                     clocks_.Find(call, absl::StrCat(Parent(call), "/submissionClocks/cells")));
    ASSIGN_OR_RETURN(years, AllYears(call));
    response.set_site(call.school());
    response.set_revision(clock.has_value() ? clock->revision() : 0);
  } else {
    const std::string name = absl::StrCat(Parent(call), "/submissions/", request.site());
    ASSIGN_OR_RETURN(v1::Submission submission, submissions_.Get(call, name));
    ASSIGN_OR_RETURN(std::vector<v1::SiteYear> rows,
                     site_years_.Select(call, "site = $2 ORDER BY year", {request.site()}));
    for (const v1::SiteYear& row : rows) years[row.year()] = Read(row);
    response.set_site(request.site());
    response.set_revision(submission.revision());
  }
  *response.mutable_cells() = ToCells(years);
  response.set_content_hash(ContentHash(response.cells()));
  return response;
}

absl::Status Statistics::AddCohort(Call& call, const std::string& cohort, Counts& counts) {
  ASSIGN_OR_RETURN(std::vector<v1::Cell> cells,
                   cells_.Select(call, "cohort = $2 ORDER BY name", {cohort}));
  for (const v1::Cell& cell : cells) Add(cell, counts);
  return absl::OkStatus();
}

absl::StatusOr<Counts> Statistics::YearOf(Call& call, int year) {
  ASSIGN_OR_RETURN(
      std::vector<v1::CohortFact> cohorts,
      cohorts_.Select(call, "year = $2 ORDER BY name", {storage::Value(int64_t{year})}));
  Counts counts;
  for (const v1::CohortFact& cohort : cohorts)
    RETURN_IF_ERROR(AddCohort(call, IdInSchool(cohort.name()), counts));
  return counts;
}

absl::StatusOr<ByYear> Statistics::AllYears(Call& call) {
  std::map<std::string, int> year_of;
  std::string token;
  do {
    ASSIGN_OR_RETURN(
        storage::Page<v1::CohortFact> page,
        cohorts_.List(call, Parent(call) + "/cohortFacts", storage::kPageSizeMax, token, ""));
    for (const v1::CohortFact& cohort : page.items)
      year_of[IdInSchool(cohort.name())] = cohort.year();
    token = page.next_page_token;
  } while (!token.empty());
  ByYear years;
  do {
    ASSIGN_OR_RETURN(storage::Page<v1::Cell> page,
                     cells_.List(call, Parent(call) + "/cells", storage::kPageSizeMax, token, ""));
    for (const v1::Cell& cell : page.items) {
      auto known = year_of.find(cell.cohort());
      Add(cell, years[known == year_of.end() ? 0 : known->second]);
    }
    token = page.next_page_token;
  } while (!token.empty());
  return years;
}

}  // namespace vivier::statistics
