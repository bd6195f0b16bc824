#include "services/enrolment/admission/rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/rules.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using v1::Application;

namespace {

absl::Status NotAdmissible(const Application& application) {
  return Refused(v1::NOT_ADMISSIBLE, "only a shortlisted or waitlisted application can be admitted",
                 {{"application", application.name()},
                  {"state", Application::State_Name(application.state())}});
}

bool IsFull(const v1::CohortSeats& seats) { return FreeSeats(seats) <= 0; }

void Ask(Application& application, const std::string& hold, absl::Time now) {
  application.set_state(Application::FUNDING_PENDING);
  application.set_hold(hold);
  *application.mutable_funding_by() = ToTimestamp(now + kFundingWait);
}

void Hold(bool better_awaits_funding, v1::CohortSeats& seats, Application& application,
          const std::string& hold, absl::Time now) {
  seats.set_held(seats.held() + 1);
  Ask(application, hold, now);
  if (better_awaits_funding) AwaitFunding(application);
}

}  // namespace

absl::Status Admit(const v1::Cohort& cohort, const Standing& standing, v1::CohortSeats& seats,
                   Application& application, const std::string& hold, absl::Time now) {
  RETURN_IF_ERROR(CheckAdmits(cohort));
  if (application.state() != Application::SHORTLISTED &&
      application.state() != Application::WAITLISTED)
    return NotAdmissible(application);
  if (standing.better_in_play >= cohort.capacity() || IsFull(seats)) {
    application.set_state(Application::WAITLISTED);
  } else {
    Hold(standing.better_awaits_funding, seats, application, hold, now);
  }
  return absl::OkStatus();
}

namespace {

void HoldForWaiting(const v1::Cohort& cohort, v1::CohortSeats& seats,
                    absl::Span<Application> ranked, const std::function<std::string()>& new_hold,
                    absl::Time now, std::set<Application*>& changed) {
  bool awaits = false;
  const size_t best = std::min(ranked.size(), static_cast<size_t>(cohort.capacity()));
  for (Application& application : ranked.subspan(0, best)) {
    if (application.state() == Application::WAITLISTED && !IsFull(seats)) {
      Hold(awaits, seats, application, new_hold(), now);
      changed.insert(&application);
    }
    awaits = awaits || application.state() == Application::AWAITING_FUNDING;
  }
}

}  // namespace

std::vector<Application*> Advance(const v1::Cohort& cohort, v1::CohortSeats& seats,
                                  absl::Span<Application> ranked, bool ask_again,
                                  const std::function<std::string()>& new_hold, absl::Time now) {
  std::set<Application*> changed;  // in the order of the span, so of the ranks
  if (cohort.state() == v1::Cohort::OPEN)
    HoldForWaiting(cohort, seats, ranked, new_hold, now, changed);
  for (Application& application : ranked) {
    if (!ask_again || application.state() != Application::AWAITING_FUNDING) continue;
    Ask(application, new_hold(), now);
    changed.insert(&application);
  }
  return std::vector<Application*>(changed.begin(), changed.end());
}

bool IsCurrent(const Application& application, const std::string& hold) {
  return application.state() == Application::FUNDING_PENDING && application.hold() == hold;
}

void Fund(v1::CohortSeats& seats, Application& application, absl::Time now) {
  seats.set_held(seats.held() - 1);
  seats.set_taken(seats.taken() + 1);
  application.set_state(Application::ADMITTED);
  application.clear_funding_by();
  *application.mutable_accept_by() = ToTimestamp(now + kAcceptanceWait);
}

void AwaitFunding(Application& application) {
  application.set_state(Application::AWAITING_FUNDING);
  application.clear_funding_by();
}

void Renew(bool better_awaits_funding, Application& application, const std::string& new_hold,
           absl::Time now) {
  Ask(application, new_hold, now);
  if (better_awaits_funding) AwaitFunding(application);
}

absl::Status CheckDecline(const Application& application) {
  if (application.state() == Application::ADMITTED) return absl::OkStatus();
  return Refused(v1::NOT_ADMITTED, "no seat waits for an answer",
                 {{"application", application.name()},
                  {"state", Application::State_Name(application.state())}});
}

absl::Status Accept(Application& application) {
  RETURN_IF_ERROR(CheckDecline(application));
  application.set_state(Application::ACCEPTED);
  application.clear_accept_by();
  return absl::OkStatus();
}

bool End(v1::CohortSeats& seats, Application& application, Application::State end) {
  const bool held = IsHeld(application.state()), taken = IsTaken(application.state());
  if (held) seats.set_held(seats.held() - 1);
  if (taken) seats.set_taken(seats.taken() - 1);
  application.set_state(end);
  application.clear_funding_by();
  application.clear_accept_by();
  return held || taken;
}

namespace {

absl::Status CheckNotEnded(const Application& application) {
  if (!HasEnded(application.state())) return absl::OkStatus();
  return Refused(v1::ALREADY_ENDED, "the application has ended",
                 {{"application", application.name()}});
}

}  // namespace

absl::Status CheckWithdraw(const v1::Cohort& cohort, const Application& application) {
  RETURN_IF_ERROR(CheckNotEnded(application));
  if (application.state() == Application::ACCEPTED && cohort.state() != v1::Cohort::OPEN)
    return Refused(v1::COHORT_STARTED, "a learner who started leaves by RecordExit",
                   {{"cohort", cohort.name()}});
  return absl::OkStatus();
}

absl::Status CheckReject(const Application& application) {
  RETURN_IF_ERROR(CheckNotEnded(application));
  if (IsTaken(application.state()))
    return Refused(v1::ALREADY_DECIDED, "the candidate is admitted",
                   {{"application", application.name()}});
  return absl::OkStatus();
}

int32_t FreeSeats(const v1::CohortSeats& seats) {
  return seats.capacity() - seats.held() - seats.taken();
}

absl::Status Resize(int32_t capacity, v1::CohortSeats& seats) {
  if (capacity < seats.held() + seats.taken())
    return Refused(v1::CAPACITY_BELOW_SEATS, "more seats are held and taken",
                   {{"held", absl::StrCat(seats.held())}, {"taken", absl::StrCat(seats.taken())}});
  seats.set_capacity(capacity);
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
