// What moves seats without anybody asking: those who leave, funding's answers, deadlines; and what
// is told of it.
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

absl::StatusOr<std::vector<Application>> Enrolment::Ranked(Call& call, const std::string& cohort,
                                                           const std::string& except) {
  return applications_.Select(
      call, absl::StrCat("cohort = $2 AND rank > 0 AND name <> $3 AND ", kInPlay, " ORDER BY rank"),
      {cohort, except});
}

absl::Status Enrolment::StoreSeats(Call& call, CohortSeats& seats) {
  ASSIGN_OR_RETURN(CohortSeats before, seats_.Get(call, seats.name()));
  const bool same = before.capacity() == seats.capacity() && before.held() == seats.held() &&
                    before.taken() == seats.taken();
  return same ? absl::OkStatus() : seats_.Update(call, seats);
}

absl::Status Enrolment::Leave(Call& call, Application& application, Application::State end,
                              v1::SeatReleased::Cause cause) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application.cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, SeatsOf(call, cohort.name()));
  ASSIGN_OR_RETURN(std::vector<Application> ranked,
                   Ranked(call, cohort.name(), application.name()));
  const bool awaited = application.state() == Application::AWAITING_FUNDING;
  const bool taken = IsTaken(application.state());
  const bool freed = End(seats, application, end);
  RETURN_IF_ERROR(applications_.Update(call, application));
  RETURN_IF_ERROR(Decided(call, application));
  if (freed) RETURN_IF_ERROR(EmitSeatReleased(call, application, cause));
  if (taken && end != Application::LEFT) {
    ASSIGN_OR_RETURN(absl::CivilDay today, DayOf(call, call.time()));
    RETURN_IF_ERROR(
        EndLearner(call, LearnerName(application.name()), ToDate(today), v1::LearnerLeft::NO_SHOW));
  }
  return AdvanceAndStore(call, cohort, std::move(seats), std::move(ranked), awaited);
}

absl::Status Enrolment::AdvanceAndStore(Call& call, const Cohort& cohort, CohortSeats seats,
                                        std::vector<Application> ranked, bool ask_again) {
  for (Application* application :
       Advance(cohort, seats, absl::MakeSpan(ranked), ask_again, RandomUuid, call.time())) {
    RETURN_IF_ERROR(applications_.Update(call, *application));
    if (application->state() == Application::FUNDING_PENDING)
      RETURN_IF_ERROR(EmitSeatHeld(call, cohort, *application));
  }
  return StoreSeats(call, seats);
}

absl::Status Enrolment::EmitSeatHeld(Call& call, const Cohort& cohort,
                                     const Application& application) {
  ASSIGN_OR_RETURN(const v1::Candidate* candidate, candidates_.View(call, application.candidate()));
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

absl::Status Enrolment::EmitSeatReleased(Call& call, const Application& application,
                                         v1::SeatReleased::Cause cause) {
  v1::SeatReleased event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  event.set_hold(application.hold());
  event.set_cause(cause);
  return call.Emit(event);
}

absl::Status Enrolment::EmitRejected(Call& call, const Application& application) {
  v1::ApplicationRejected event;
  event.set_application(application.name());
  event.set_cohort(application.cohort());
  return call.Emit(event);
}

absl::Status Enrolment::OnSeatFunded(Call& call, const funding::v1::SeatFunded& event) {
  ASSIGN_OR_RETURN(std::optional<Application> application,
                   applications_.Find(call, event.application()));
  if (!application.has_value() || !IsCurrent(*application, event.hold())) return absl::OkStatus();
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application->cohort()));
  ASSIGN_OR_RETURN(CohortSeats seats, SeatsOf(call, cohort.name()));
  Fund(seats, *application, call.time());
  RETURN_IF_ERROR(applications_.Update(call, *application));
  RETURN_IF_ERROR(seats_.Update(call, seats));
  return Enrol(call, cohort, *application);
}

absl::Status Enrolment::Enrol(Call& call, const Cohort& cohort, const Application& application) {
  ASSIGN_OR_RETURN(const v1::Candidate* candidate, candidates_.View(call, application.candidate()));
  v1::Learner learner;
  learner.set_name(LearnerName(application.name()));
  learner.set_cohort(cohort.name());
  learner.set_candidate(candidate->name());
  learner.set_application(application.name());
  learner.set_hold(application.hold());
  learner.set_state(v1::Learner::ENROLLED);
  *learner.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(learners_.Insert(call, learner));
  v1::LearnerEnrolled event;
  event.set_learner(learner.name());
  event.set_application(application.name());
  event.set_cohort(cohort.name());
  event.set_candidate(candidate->name());
  event.set_hold(application.hold());
  *event.mutable_classes() = ClassesOf(*candidate, cohort);
  return call.Emit(event);
}

absl::Status Enrolment::OnSeatRefused(Call& call, const funding::v1::SeatRefused& event) {
  ASSIGN_OR_RETURN(std::optional<Application> application,
                   applications_.Find(call, event.application()));
  if (!application.has_value() || !IsCurrent(*application, event.hold())) return absl::OkStatus();
  if (event.cause() == funding::v1::SeatRefused::NOT_ELIGIBLE)
    return Leave(call, *application, Application::NOT_FUNDABLE, v1::SeatReleased::NOT_ELIGIBLE);
  AwaitFunding(*application);
  return applications_.Update(call, *application);
}

absl::Status Enrolment::OnFundingPlanChanged(Call& call,
                                             const funding::v1::FundingPlanChanged& event) {
  ASSIGN_OR_RETURN(std::optional<Cohort> cohort, cohorts_.Find(call, event.cohort()));
  if (!cohort.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(CohortSeats seats, SeatsOf(call, cohort->name()));
  ASSIGN_OR_RETURN(std::vector<Application> ranked, Ranked(call, cohort->name(), ""));
  return AdvanceAndStore(call, *cohort, std::move(seats), std::move(ranked), true);
}

absl::Status Enrolment::ExpireHold(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Application application, applications_.Get(call, name));
  if (!application.has_funding_by() || ToTime(application.funding_by()) > call.time())
    return absl::OkStatus();
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, application.cohort()));
  ASSIGN_OR_RETURN(Standing standing, StandingOf(call, application));
  RETURN_IF_ERROR(EmitSeatReleased(call, application, v1::SeatReleased::FUNDING_EXPIRED));
  Renew(standing.better_awaits_funding, application, RandomUuid(), call.time());
  RETURN_IF_ERROR(applications_.Update(call, application));
  if (application.state() != Application::FUNDING_PENDING) return absl::OkStatus();
  return EmitSeatHeld(call, cohort, application);
}

absl::Status Enrolment::ExpireAcceptance(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Application application, applications_.Get(call, name));
  if (!application.has_accept_by() || ToTime(application.accept_by()) > call.time())
    return absl::OkStatus();
  return Leave(call, application, Application::EXPIRED, v1::SeatReleased::ACCEPTANCE_EXPIRED);
}

}  // namespace vivier::enrolment
