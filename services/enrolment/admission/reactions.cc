// What moves seats without anybody asking: a cohort that starts, funding's answers, deadlines.
#include "absl/strings/str_cat.h"
#include "services/enrolment/admission/admission.h"
#include "services/enrolment/admission/rules.h"
#include "services/enrolment/learners/rules.h"
#include "services/enrolment/selection/eligibility.h"
#include "services/enrolment/selection/rules.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Application;
using v1::Cohort;
using v1::CohortSeats;

absl::Status Admission::StartLearners(Call& call, const Cohort& cohort) {
  ASSIGN_OR_RETURN(const std::vector<Application> accepted,
                   Line(applications()).Accepted(call, cohort.name()));
  std::vector<std::string> names;
  for (const Application& application : accepted) names.push_back(LearnerName(application.name()));
  RETURN_IF_ERROR(learners_.rows().Prefetch(call, names));
  for (const Application& application : accepted)
    RETURN_IF_ERROR(learners_.Start(call, LearnerName(application.name())));
  return absl::OkStatus();
}

absl::Status Admission::OnSeatFunded(Call& call, const funding::v1::SeatFunded& event) {
  ASSIGN_OR_RETURN(std::optional<Application> application,
                   applications().Find(call, event.application()));
  if (!application.has_value() || !IsCurrent(*application, event.hold())) return absl::OkStatus();
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application->cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, seats_.Of(call, cohort.name()));
  Fund(seats, *application, call.time());
  RETURN_IF_ERROR(selection_.Update(call, *application));
  RETURN_IF_ERROR(seats_.Update(call, seats));
  return Enrol(call, cohort, *application);
}

absl::Status Admission::Enrol(Call& call, const Cohort& cohort, const Application& application) {
  ASSIGN_OR_RETURN(const v1::Candidate* candidate,
                   people_.candidates().View(call, application.candidate()));
  v1::Learner learner;
  learner.set_name(LearnerName(application.name()));
  learner.set_cohort(cohort.name());
  learner.set_candidate(candidate->name());
  learner.set_application(application.name());
  learner.set_hold(application.hold());
  return learners_.Enrol(call, std::move(learner), ClassesOf(*candidate, cohort));
}

absl::Status Admission::OnSeatRefused(Call& call, const funding::v1::SeatRefused& event) {
  ASSIGN_OR_RETURN(std::optional<Application> application,
                   applications().Find(call, event.application()));
  if (!application.has_value() || !IsCurrent(*application, event.hold())) return absl::OkStatus();
  if (event.cause() == funding::v1::SeatRefused::NOT_ELIGIBLE)
    return seats_.Leave(call, *application, Application::NOT_FUNDABLE,
                        v1::SeatReleased::NOT_ELIGIBLE);
  AwaitFunding(*application);
  return selection_.Update(call, *application);
}

absl::Status Admission::OnFundingPlanChanged(Call& call,
                                             const funding::v1::FundingPlanChanged& event) {
  ASSIGN_OR_RETURN(std::optional<Cohort> cohort, cohorts_.rows().Find(call, event.cohort()));
  if (!cohort.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(CohortSeats seats, seats_.Of(call, cohort->name()));
  ASSIGN_OR_RETURN(std::vector<Application> movable, seats_.Movable(call, *cohort, seats, 0, true));
  return seats_.AdvanceAndStore(call, *cohort, std::move(seats), std::move(movable), true);
}

absl::Status Admission::ExpireHold(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Application application, applications().Get(call, name));
  if (!application.has_funding_by() || ToTime(application.funding_by()) > call.time())
    return absl::OkStatus();
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application.cohort()));
  ASSIGN_OR_RETURN(Standing standing, seats_.StandingOf(call, cohort, application));
  RETURN_IF_ERROR(seats_.TellReleased(call, application, v1::SeatReleased::FUNDING_EXPIRED));
  Renew(standing.better_awaits_funding, application, RandomUuid(), call.time());
  RETURN_IF_ERROR(selection_.Update(call, application));
  if (application.state() != Application::FUNDING_PENDING) return absl::OkStatus();
  return seats_.TellHeld(call, cohort, application);
}

absl::Status Admission::ExpireAcceptance(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Application application, applications().Get(call, name));
  if (!application.has_accept_by() || ToTime(application.accept_by()) > call.time())
    return absl::OkStatus();
  return seats_.Leave(call, application, Application::EXPIRED,
                      v1::SeatReleased::ACCEPTANCE_EXPIRED);
}

}  // namespace vivier::enrolment
