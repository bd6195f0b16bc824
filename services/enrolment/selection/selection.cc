#include "services/enrolment/selection/selection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/rules.h"
#include "services/enrolment/selection/eligibility.h"
#include "services/enrolment/selection/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Application;
using v1::Cohort;

namespace {

bool Contains(const std::vector<Application>& listed, const Application& application) {
  return std::any_of(listed.begin(), listed.end(), [&application](const Application& other) {
    return other.name() == application.name();
  });
}

}  // namespace

void Selection::AddTo(rpc::Service& service) {
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

absl::Status Selection::CheckErasure(Call& call, v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<Application> applications,
                   applications_.Select(call, "candidate = $2 ORDER BY name", {event.candidate()}));
  for (const Application& application : applications) RETURN_IF_ERROR(CheckErasable(application));
  return absl::OkStatus();
}

absl::StatusOr<Application> Selection::SubmitApplication(
    Call& call, const v1::SubmitApplicationRequest& request) {
  RETURN_IF_ERROR(applying.Run(call, request.application().candidate()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, request.parent()));
  ASSIGN_OR_RETURN(v1::Candidate candidate,
                   people_.candidates().Get(call, request.application().candidate()));
  ASSIGN_OR_RETURN(int64_t earlier, applications_.Count(call, "cohort = $2 AND candidate = $3",
                                                        {cohort.name(), candidate.name()}));
  if (earlier > 0)
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
  std::vector<Application> listed, submitted;
  RETURN_IF_ERROR(applications_.Prefetch(
      call,
      std::vector<std::string>(request.applications().begin(), request.applications().end())));
  for (const std::string& name : request.applications()) {
    ASSIGN_OR_RETURN(Application application, applications_.Get(call, name));
    listed.push_back(std::move(application));
  }
  ASSIGN_OR_RETURN(int last_rank, LastRank(call, cohort.name(), listed));
  if (request.reject_others()) {
    ASSIGN_OR_RETURN(submitted, applications_.Select(call, "cohort = $2 AND state = 'SUBMITTED'",
                                                     {cohort.name()}));
  }
  RETURN_IF_ERROR(Rank(cohort, last_rank, absl::MakeSpan(listed)));
  v1::PublishRankingResponse response;
  for (Application& application : listed) {
    RETURN_IF_ERROR(applications_.Update(call, application));
    response.add_applications(application.name());
  }
  ASSIGN_OR_RETURN(int rejected,
                   RejectOthers(call, std::move(submitted), listed, request.decision_reason()));
  response.set_rejected(rejected);
  return response;
}

absl::StatusOr<int> Selection::LastRank(Call& call, const std::string& cohort,
                                        const std::vector<Application>& listed) {
  ASSIGN_OR_RETURN(std::vector<Application> ranked,
                   applications_.Select(call, "cohort = $2 AND rank > 0", {cohort}));
  int last = 0;
  for (const Application& application : ranked)
    if (!Contains(listed, application)) last = std::max(last, application.rank());
  return last;
}

absl::StatusOr<int> Selection::RejectOthers(Call& call, std::vector<Application> submitted,
                                            const std::vector<Application>& listed,
                                            const std::string& reason) {
  int rejected = 0;
  for (Application& application : submitted) {
    if (Contains(listed, application)) continue;
    application.set_state(Application::REJECTED);
    Decide(call.caller().subject, reason, application);
    RETURN_IF_ERROR(applications_.Update(call, application));
    RETURN_IF_ERROR(people_.Decided(call, application.candidate()));
    RETURN_IF_ERROR(TellRejected(call, application));
    ++rejected;
  }
  return rejected;
}

}  // namespace vivier::enrolment
