#include "services/enrolment/admission/admission.h"

#include "absl/strings/str_cat.h"
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

void Admission::AddTo(rpc::Service& service) {
  service.On(*this, &Admission::AdmitApplication)
      .On(*this, &Admission::AcceptSeat)
      .On(*this, &Admission::DeclineSeat)
      .On(*this, &Admission::WithdrawApplication)
      .On(*this, &Admission::RejectApplication)
      .React(*this, &Admission::OnSeatFunded)
      .React(*this, &Admission::OnSeatRefused)
      .React(*this, &Admission::OnFundingPlanChanged)
      .Tick(*this, &Admission::ExpireHold, applications(), "funding_by")
      .Tick(*this, &Admission::ExpireAcceptance, applications(), "accept_by");
}

absl::StatusOr<Application> Admission::AdmitApplication(
    Call& call, const v1::AdmitApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications().Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const Cohort* cohort, cohorts_.rows().View(call, application.cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, seats_.Of(call, cohort->name()));
  ASSIGN_OR_RETURN(Standing standing, seats_.StandingOf(call, *cohort, application));
  const int32_t held = seats.held();
  RETURN_IF_ERROR(Admit(*cohort, standing, seats, application, RandomUuid(), call.time()));
  RETURN_IF_ERROR(selection_.Update(call, application));
  if (seats.held() != held) RETURN_IF_ERROR(seats_.Update(call, seats));
  if (application.state() == Application::FUNDING_PENDING)
    RETURN_IF_ERROR(seats_.TellHeld(call, *cohort, application));
  return application;
}

absl::StatusOr<Application> Admission::AcceptSeat(Call& call,
                                                  const v1::AcceptSeatRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications().Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application.cohort()));
  RETURN_IF_ERROR(Accept(application));
  RETURN_IF_ERROR(selection_.Update(call, application));
  if (cohort.state() == Cohort::RUNNING)
    RETURN_IF_ERROR(learners_.Start(call, LearnerName(application.name())));
  return application;
}

absl::StatusOr<Application> Admission::DeclineSeat(Call& call,
                                                   const v1::DeclineSeatRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications().Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckDecline(application));
  RETURN_IF_ERROR(
      seats_.Leave(call, application, Application::DECLINED, v1::SeatReleased::DECLINED));
  return application;
}

absl::StatusOr<Application> Admission::WithdrawApplication(
    Call& call, const v1::WithdrawApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications().Get(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application.cohort()));
  RETURN_IF_ERROR(CheckWithdraw(cohort, application));
  RETURN_IF_ERROR(
      seats_.Leave(call, application, Application::WITHDRAWN, v1::SeatReleased::WITHDRAWN));
  return application;
}

absl::StatusOr<Application> Admission::RejectApplication(
    Call& call, const v1::RejectApplicationRequest& request) {
  ASSIGN_OR_RETURN(Application application,
                   applications().Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckReject(application));
  RecordDecision(call.caller().subject, request.decision_reason(), application);
  RETURN_IF_ERROR(
      seats_.Leave(call, application, Application::REJECTED, v1::SeatReleased::REJECTED));
  RETURN_IF_ERROR(selection_.TellRejected(call, application));
  return application;
}

}  // namespace vivier::enrolment
