// Applications and their seats: the panel's rpcs, the candidate's, and what follows from them.
#include <algorithm>

#include "services/enrolment/dates.h"
#include "services/enrolment/eligibility.h"
#include "services/enrolment/enrolment.h"
#include "services/enrolment/names.h"
#include "services/enrolment/rules.h"
#include "shared/base/uuid.h"

namespace vivier::enrolment {

using v1::Application;
using v1::Cohort;
using v1::CohortSeats;

namespace {

bool Contains(const std::vector<Application>& listed, const Application& application) {
  return std::any_of(listed.begin(), listed.end(), [&application](const Application& other) {
    return other.name() == application.name();
  });
}

void Decide(const Call& call, const std::string& reason, Application& application) {
  application.set_decision_reason(reason);
  application.set_decided_by(call.caller().subject);
}

}  // namespace

absl::StatusOr<absl::CivilDay> Enrolment::DayOf(Call& call, absl::Time time) {
  ASSIGN_OR_RETURN(std::optional<v1::School> school,
                   schools_.Find(call, absl::StrCat("schools/", call.school())));
  absl::TimeZone zone = absl::UTCTimeZone();
  if (school.has_value() && !absl::LoadTimeZone(school->time_zone(), &zone))
    return Internal("unknown time zone of " + school->name());
  return absl::ToCivilDay(time, zone);
}

absl::StatusOr<Application> Enrolment::SubmitApplication(
    Call& call, const v1::SubmitApplicationRequest& request) {
  RETURN_IF_ERROR(access_.CheckApplicant(call, request.application().candidate()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, request.parent()));
  ASSIGN_OR_RETURN(v1::Candidate candidate,
                   candidates_.Get(call, request.application().candidate()));
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

absl::Status Enrolment::AddApplication(Call& call, const Cohort& cohort,
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

absl::StatusOr<Application> Enrolment::AssessEligibility(
    Call& call, const v1::AssessEligibilityRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application.cohort()));
  ASSIGN_OR_RETURN(v1::Candidate candidate, candidates_.Get(call, application.candidate()));
  ASSIGN_OR_RETURN(absl::CivilDay submitted, DayOf(call, ToTime(application.create_time())));
  application.clear_findings();
  for (v1::EligibilityFinding& finding : Assess(cohort, candidate, submitted))
    *application.add_findings() = std::move(finding);
  *application.mutable_assess_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(applications_.Update(call, application));
  return application;
}

absl::StatusOr<Application> Enrolment::ScoreApplication(
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

absl::StatusOr<v1::PublishRankingResponse> Enrolment::PublishRanking(
    Call& call, const v1::PublishRankingRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, request.name(), request.etag()));
  if (request.reject_others() && request.decision_reason().empty())
    return InvalidField("decision_reason", "is required to reject the others");
  std::vector<Application> listed, submitted;
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

absl::StatusOr<int> Enrolment::LastRank(Call& call, const std::string& cohort,
                                        const std::vector<Application>& listed) {
  ASSIGN_OR_RETURN(std::vector<Application> ranked,
                   applications_.Select(call, "cohort = $2 AND rank > 0", {cohort}));
  int last = 0;
  for (const Application& application : ranked)
    if (!Contains(listed, application)) last = std::max(last, application.rank());
  return last;
}

absl::StatusOr<int> Enrolment::RejectOthers(Call& call, std::vector<Application> submitted,
                                            const std::vector<Application>& listed,
                                            const std::string& reason) {
  int rejected = 0;
  for (Application& application : submitted) {
    if (Contains(listed, application)) continue;
    application.set_state(Application::REJECTED);
    Decide(call, reason, application);
    RETURN_IF_ERROR(applications_.Update(call, application));
    RETURN_IF_ERROR(Decided(call, application));
    RETURN_IF_ERROR(EmitRejected(call, application));
    ++rejected;
  }
  return rejected;
}

absl::StatusOr<Application> Enrolment::AdmitApplication(
    Call& call, const v1::AdmitApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const Cohort* cohort, cohorts_.View(call, application.cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, SeatsOf(call, cohort->name()));
  ASSIGN_OR_RETURN(Standing standing, StandingOf(call, application));
  const int32_t held = seats.held();
  RETURN_IF_ERROR(Admit(*cohort, standing, seats, application, RandomUuid(), call.time()));
  RETURN_IF_ERROR(applications_.Update(call, application));
  if (seats.held() != held) RETURN_IF_ERROR(seats_.Update(call, seats));
  if (application.state() == Application::FUNDING_PENDING)
    RETURN_IF_ERROR(EmitSeatHeld(call, *cohort, application));
  return application;
}

absl::StatusOr<Standing> Enrolment::StandingOf(Call& call, const Application& application) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> better,
                   applications_.Count(
                       call, absl::StrCat("cohort = $2 AND rank > 0 AND rank < $3 AND ", kInPlay),
                       {application.cohort(), static_cast<int64_t>(application.rank())},
                       {"state = 'AWAITING_FUNDING'"}));
  Standing standing;
  standing.better_in_play = better[0];
  standing.better_awaits_funding = better[1] > 0;
  return standing;
}

absl::StatusOr<Application> Enrolment::AcceptSeat(Call& call,
                                                  const v1::AcceptSeatRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application.cohort()));
  RETURN_IF_ERROR(Accept(application));
  RETURN_IF_ERROR(applications_.Update(call, application));
  if (cohort.state() == Cohort::RUNNING) {
    ASSIGN_OR_RETURN(v1::Learner learner, learners_.Get(call, LearnerName(application.name())));
    learner.set_state(v1::Learner::IN_TRAINING);
    RETURN_IF_ERROR(learners_.Update(call, learner));
  }
  return application;
}

absl::StatusOr<Application> Enrolment::DeclineSeat(Call& call,
                                                   const v1::DeclineSeatRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckDecline(application));
  RETURN_IF_ERROR(Leave(call, application, Application::DECLINED, v1::SeatReleased::DECLINED));
  return application;
}

absl::StatusOr<Application> Enrolment::WithdrawApplication(
    Call& call, const v1::WithdrawApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application.cohort()));
  RETURN_IF_ERROR(CheckWithdraw(cohort, application));
  RETURN_IF_ERROR(Leave(call, application, Application::WITHDRAWN, v1::SeatReleased::WITHDRAWN));
  return application;
}

absl::StatusOr<Application> Enrolment::RejectApplication(
    Call& call, const v1::RejectApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckReject(application));
  Decide(call, request.decision_reason(), application);
  RETURN_IF_ERROR(Leave(call, application, Application::REJECTED, v1::SeatReleased::REJECTED));
  RETURN_IF_ERROR(EmitRejected(call, application));
  return application;
}

}  // namespace vivier::enrolment
