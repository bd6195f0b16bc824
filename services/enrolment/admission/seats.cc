#include "services/enrolment/admission/seats.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/admission/rules.h"
#include "services/enrolment/learners/rules.h"
#include "services/enrolment/selection/eligibility.h"
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

namespace {

std::string SeatsName(absl::string_view cohort) { return absl::StrCat(cohort, "/seats"); }

}  // namespace

void Seats::AddTo(rpc::Service& service) { service.Standard(seats_); }

absl::StatusOr<CohortSeats> Seats::Of(Call& call, const std::string& cohort) {
  return seats_.Get(call, SeatsName(cohort));
}

absl::Status Seats::Update(Call& call, CohortSeats& seats) { return seats_.Update(call, seats); }

absl::StatusOr<Standing> Seats::StandingOf(Call& call, const Cohort& cohort,
                                           const Application& application) {
  ASSIGN_OR_RETURN(const Line::Before before, line_.BeforeOf(call, application, cohort.capacity()));
  return Standing{before.in_play, before.awaits_funding};
}

absl::Status Seats::MakeSeats(Call& call, const Cohort& cohort) {
  CohortSeats seats;
  seats.set_name(SeatsName(cohort.name()));
  seats.set_capacity(cohort.capacity());
  return seats_.Insert(call, seats);
}

absl::Status Seats::ChangeCapacity(Call& call, const Cohort& cohort) {
  ASSIGN_OR_RETURN(CohortSeats seats, Of(call, cohort.name()));
  RETURN_IF_ERROR(Resize(cohort.capacity(), seats));
  ASSIGN_OR_RETURN(std::vector<Application> movable, Movable(call, cohort, seats, 0, false));
  return AdvanceAndStore(call, cohort, std::move(seats), std::move(movable), false);
}

// Nobody waits for a cohort that is over: what is still held or offered is released, and who waits
// without a seat is told in steps.
absl::Status Seats::EndUnaccepted(Call& call, const Cohort& cohort) {
  ASSIGN_OR_RETURN(CohortSeats seats, Of(call, cohort.name()));
  ASSIGN_OR_RETURN(std::vector<Application> seated, line_.Seated(call, cohort.name()));
  RETURN_IF_ERROR(selection_.ExpireWaiting(call, cohort));
  for (Application& application : seated) {
    if (application.state() == Application::ACCEPTED) continue;
    const bool admitted = application.state() == Application::ADMITTED;
    enrolment::End(seats, application, Application::EXPIRED);
    RETURN_IF_ERROR(selection_.Update(call, application));
    RETURN_IF_ERROR(people_.RestartRetention(call, application.candidate()));
    RETURN_IF_ERROR(TellReleased(call, application, v1::SeatReleased::ACCEPTANCE_EXPIRED));
    if (admitted)
      RETURN_IF_ERROR(learners_.End(call, LearnerName(application.name()), cohort.end_date(),
                                    v1::LearnerLeft::NO_SHOW));
  }
  return Store(call, seats);
}

absl::Status Seats::FreeSeatOf(Call& call, const v1::Learner& learner, bool started) {
  ASSIGN_OR_RETURN(Application application, applications().Get(call, learner.application()));
  return Leave(call, application, Application::LEFT,
               started ? v1::SeatReleased::LEFT : v1::SeatReleased::WITHDRAWN);
}

absl::StatusOr<std::vector<Application>> Seats::Movable(Call& call, const Cohort& cohort,
                                                        const CohortSeats& seats, int32_t left_rank,
                                                        bool ask_again) {
  return line_.Movable(call, cohort, {FreeSeats(seats), left_rank, ask_again});
}

absl::Status Seats::Store(Call& call, CohortSeats& seats) {
  ASSIGN_OR_RETURN(CohortSeats before, seats_.Get(call, seats.name()));
  const bool same = before.capacity() == seats.capacity() && before.held() == seats.held() &&
                    before.taken() == seats.taken();
  return same ? absl::OkStatus() : seats_.Update(call, seats);
}

absl::Status Seats::Leave(Call& call, Application& application, Application::State end,
                          v1::SeatReleased::Cause cause) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.rows().Get(call, application.cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, Of(call, cohort.name()));
  const bool awaited = application.state() == Application::AWAITING_FUNDING;
  const bool taken = IsTaken(application.state());
  const bool freed = End(seats, application, end);
  ASSIGN_OR_RETURN(std::vector<Application> movable,
                   Movable(call, cohort, seats, application.rank(), awaited));
  RETURN_IF_ERROR(selection_.Update(call, application));
  RETURN_IF_ERROR(people_.RestartRetention(call, application.candidate()));
  if (freed) RETURN_IF_ERROR(TellReleased(call, application, cause));
  if (taken && end != Application::LEFT) {
    ASSIGN_OR_RETURN(absl::CivilDay today, call.Today());
    RETURN_IF_ERROR(learners_.End(call, LearnerName(application.name()), ToDate(today),
                                  v1::LearnerLeft::NO_SHOW));
  }
  return AdvanceAndStore(call, cohort, std::move(seats), std::move(movable), awaited);
}

absl::Status Seats::AdvanceAndStore(Call& call, const Cohort& cohort, CohortSeats seats,
                                    std::vector<Application> movable, bool ask_again) {
  for (Application* application :
       Advance(cohort, seats, absl::MakeSpan(movable), ask_again, RandomUuid, call.time())) {
    RETURN_IF_ERROR(selection_.Update(call, *application));
    if (application->state() == Application::FUNDING_PENDING)
      RETURN_IF_ERROR(TellHeld(call, cohort, *application));
  }
  return Store(call, seats);
}

absl::Status Seats::TellHeld(Call& call, const Cohort& cohort, const Application& application) {
  ASSIGN_OR_RETURN(const v1::Candidate* candidate,
                   people_.candidates().View(call, application.candidate()));
  v1::SeatHeld event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  event.set_candidate(application.candidate());
  event.set_hold(application.hold());
  event.set_rank(application.rank());
  *event.mutable_funding_by() = application.funding_by();
  *event.mutable_classes() = ClassesOf(*candidate, cohort);
  return call.Emit(event);
}

absl::Status Seats::TellReleased(Call& call, const Application& application,
                                 v1::SeatReleased::Cause cause) {
  v1::SeatReleased event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  event.set_hold(application.hold());
  event.set_cause(cause);
  return call.Emit(event);
}

}  // namespace vivier::enrolment
