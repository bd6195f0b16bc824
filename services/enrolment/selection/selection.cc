#include "services/enrolment/selection/selection.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/rules.h"
#include "services/enrolment/selection/eligibility.h"
#include "services/enrolment/selection/rules.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Application;
using v1::Cohort;

void Selection::AddTo(rpc::Service& service) {
  sweeps_.AddTo(service);
  service.Standard(applications_)
      .On(*this, &Selection::SubmitApplication)
      .Operate(*this, &PlanImport, &Selection::CheckImport, &Selection::ImportRows)
      .On(*this, &Selection::AssessEligibility)
      .On(*this, &Selection::ScoreApplication)
      .On(*this, &Selection::PublishRanking);
}

absl::Status Selection::Update(Call& call, Application& application) {
  return applications_.Update(call, application);
}

absl::Status Selection::TellRejected(Call& call, const Application& application) {
  v1::ApplicationRejected event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  return call.Emit(event);
}

absl::Status Selection::ExpireWaiting(Call& call, const Cohort& cohort) {
  return sweeps_.ExpireWaiting(call, cohort.name());
}

absl::Status Selection::CheckErasure(Call& call, v1::PersonErased& event) {
  ASSIGN_OR_RETURN(
      const std::optional<Application> undecided,
      applications_.First(
          call, absl::StrCat("candidate = $2 AND ", WhereState(IsUndecided), " ORDER BY name"),
          {event.candidate()}));
  return undecided.has_value() ? CheckApplicationErasable(*undecided) : absl::OkStatus();
}

absl::StatusOr<Application> Selection::SubmitApplication(
    Call& call, const v1::SubmitApplicationRequest& request) {
  RETURN_IF_ERROR(applying.Run(call, request.application().candidate()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, request.parent()));
  ASSIGN_OR_RETURN(v1::Candidate candidate,
                   people_.candidates().Get(call, request.application().candidate()));
  RETURN_IF_ERROR(people_.CheckNotErased(call, candidate.name()));
  ASSIGN_OR_RETURN(const bool applied, applications_.Any(call, "cohort = $2 AND candidate = $3",
                                                         {cohort.name(), candidate.name()}));
  if (applied)
    return Refused(v1::ALREADY_APPLIED, "the candidate applied to this cohort before",
                   {{"candidate", candidate.name()}});
  Application application;
  application.set_name(absl::StrCat(cohort.name(), "/applications/", request.application_id()));
  application.set_channel(request.application().channel());
  *application.mutable_answers() = request.application().answers();
  RETURN_IF_ERROR(AddApplication(call, cohort, candidate, application));
  return application;
}

absl::Status Selection::AddApplication(Call& call, const Cohort& cohort,
                                       const v1::Candidate& candidate, Application& application) {
  RETURN_IF_ERROR(CheckTakesApplications(cohort));
  application.set_cohort(cohort.name());
  application.set_candidate(candidate.name());
  application.set_state(Application::SUBMITTED);
  *application.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(applications_.Insert(call, application));
  v1::ApplicationSubmitted event;
  event.set_application(application.name());
  event.set_cohort(cohort.name());
  event.set_candidate(candidate.name());
  event.set_channel(application.channel());
  *event.mutable_classes() = ClassesOf(candidate, cohort);
  return call.Emit(event);
}

absl::StatusOr<Application> Selection::AssessEligibility(
    Call& call, const v1::AssessEligibilityRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application.cohort()));
  ASSIGN_OR_RETURN(v1::Candidate candidate,
                   people_.candidates().Get(call, application.candidate()));
  ASSIGN_OR_RETURN(absl::CivilDay submitted, call.DayOf(ToTime(application.create_time())));
  application.clear_findings();
  for (v1::EligibilityFinding& finding : Assess(cohort, candidate, submitted))
    *application.add_findings() = std::move(finding);
  *application.mutable_assess_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(applications_.Update(call, application));
  return application;
}

absl::StatusOr<Application> Selection::ScoreApplication(
    Call& call, const v1::ScoreApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  v1::Score score;
  score.set_assessor(request.assessor());
  score.set_assessor_kind(request.assessor_kind());
  score.set_criterion(request.criterion());
  score.set_points(request.points());
  score.set_comment(request.comment());
  RETURN_IF_ERROR(KeepScore(score, application));
  RETURN_IF_ERROR(applications_.Update(call, application));
  return application;
}

absl::StatusOr<v1::PublishRankingResponse> Selection::PublishRanking(
    Call& call, const v1::PublishRankingRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, request.name(), request.etag()));
  if (request.reject_others() && request.decision_reason().empty())
    return InvalidField("decision_reason", "is required to reject the others");
  std::vector<Application> listed;
  RETURN_IF_ERROR(applications_.Prefetch(
      call,
      std::vector<std::string>(request.applications().begin(), request.applications().end())));
  for (const std::string& name : request.applications()) {
    ASSIGN_OR_RETURN(Application application, applications_.Get(call, name));
    listed.push_back(std::move(application));
  }
  RETURN_IF_ERROR(sweeps_.MarkRejected(call, cohort.name(), listed));
  ASSIGN_OR_RETURN(int last_rank, line_.LastRank(call, cohort.name(), listed));
  Sweeps::Others others;
  if (request.reject_others()) {
    ASSIGN_OR_RETURN(others, sweeps_.FindOthers(call, cohort.name(), listed));
  }
  RETURN_IF_ERROR(Rank(cohort, last_rank, absl::MakeSpan(listed)));
  v1::PublishRankingResponse response;
  for (Application& application : listed) {
    RETURN_IF_ERROR(applications_.Update(call, application));
    response.add_applications(application.name());
  }
  RETURN_IF_ERROR(sweeps_.Reject(call, request.decision_reason(), others));
  response.set_rejected(static_cast<int32_t>(others.first.size()));
  response.set_more_follow(!others.rest.name().empty());
  return response;
}

}  // namespace vivier::enrolment
