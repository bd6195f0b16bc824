#include "services/enrolment/rules.h"

#include <algorithm>
#include <set>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/dates.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::enrolment {

using v1::Application;

bool IsHeld(Application::State state) {
  return state == Application::FUNDING_PENDING || state == Application::AWAITING_FUNDING;
}

bool IsTaken(Application::State state) {
  return state == Application::ADMITTED || state == Application::ACCEPTED;
}

bool IsInPlay(Application::State state) {
  return state == Application::SHORTLISTED || state == Application::WAITLISTED || IsHeld(state) ||
         IsTaken(state);
}

bool HasEnded(Application::State state) {
  return state != Application::SUBMITTED && !IsInPlay(state);
}

absl::Status WrongState(const std::string& name, absl::string_view state,
                        absl::string_view message) {
  return Refused(v1::WRONG_STATE, message, {{"resource", name}, {"state", std::string(state)}});
}

namespace {

absl::Status NotAdmissible(const Application& application) {
  return Refused(v1::NOT_ADMISSIBLE, "only a shortlisted or waitlisted application can be admitted",
                 {{"application", application.name()},
                  {"state", Application::State_Name(application.state())}});
}

bool IsFull(const v1::CohortSeats& seats) {
  return seats.held() + seats.taken() >= seats.capacity();
}

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
  if (cohort.state() != v1::Cohort::OPEN && cohort.state() != v1::Cohort::RUNNING)
    return WrongState(cohort.name(), v1::Cohort::State_Name(cohort.state()),
                      "the cohort does not admit");
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

absl::Status CheckTakesApplications(const v1::Cohort& cohort) {
  if (cohort.state() == v1::Cohort::OPEN) return absl::OkStatus();
  return Refused(v1::COHORT_NOT_OPEN, "the cohort takes no applications",
                 {{"cohort", cohort.name()}, {"state", v1::Cohort::State_Name(cohort.state())}});
}

absl::Status KeepScore(const v1::Score& score, Application& application) {
  if (application.state() != Application::SUBMITTED &&
      application.state() != Application::SHORTLISTED)
    return Refused(v1::ALREADY_DECIDED, "the panel is done with it",
                   {{"application", application.name()}});
  for (v1::Score& earlier : *application.mutable_scores()) {
    if (earlier.assessor() != score.assessor() || earlier.criterion() != score.criterion())
      continue;
    earlier = score;
    return absl::OkStatus();
  }
  *application.add_scores() = score;
  return absl::OkStatus();
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

absl::Status CheckWithdraw(const v1::Cohort& cohort, const Application& application) {
  if (HasEnded(application.state()))
    return Refused(v1::ALREADY_ENDED, "the application has ended",
                   {{"application", application.name()}});
  if (application.state() == Application::ACCEPTED && cohort.state() != v1::Cohort::OPEN)
    return Refused(v1::COHORT_STARTED, "a learner who started leaves by RecordExit",
                   {{"cohort", cohort.name()}});
  return absl::OkStatus();
}

absl::Status CheckReject(const Application& application) {
  if (HasEnded(application.state()))
    return Refused(v1::ALREADY_ENDED, "the application has ended",
                   {{"application", application.name()}});
  if (IsTaken(application.state()))
    return Refused(v1::ALREADY_DECIDED, "the candidate is admitted",
                   {{"application", application.name()}});
  return absl::OkStatus();
}

namespace {

absl::Status CheckRankable(const v1::Cohort& cohort, const Application& application) {
  if (application.state() != Application::SUBMITTED &&
      application.state() != Application::SHORTLISTED)
    return Refused(v1::NOT_RANKABLE, "only submitted and shortlisted applications are ranked",
                   {{"application", application.name()}});
  if (cohort.eligibility_rules().empty()) return absl::OkStatus();
  if (!application.has_assess_time())
    return Refused(v1::NOT_ASSESSED, "eligibility was not assessed",
                   {{"application", application.name()}});
  for (const v1::EligibilityFinding& finding : application.findings())
    if (!finding.satisfied())
      return Refused(v1::NOT_ELIGIBLE, "an eligibility rule is not satisfied",
                     {{"application", application.name()}, {"rule", finding.rule()}});
  return absl::OkStatus();
}

}  // namespace

absl::Status Rank(const v1::Cohort& cohort, int last_rank, absl::Span<Application> listed) {
  if (cohort.state() != v1::Cohort::OPEN && cohort.state() != v1::Cohort::RUNNING)
    return WrongState(cohort.name(), v1::Cohort::State_Name(cohort.state()),
                      "the cohort does not admit");
  absl::flat_hash_set<std::string> seen;
  for (const Application& application : listed) {
    if (!seen.insert(application.name()).second || application.cohort() != cohort.name())
      return Refused(v1::NOT_RANKABLE, "listed twice, or of another cohort",
                     {{"application", application.name()}});
    RETURN_IF_ERROR(CheckRankable(cohort, application));
  }
  for (Application& application : listed) {
    application.set_state(Application::SHORTLISTED);
    application.set_rank(++last_rank);
  }
  return absl::OkStatus();
}

absl::Status CheckCohortChange(const v1::Cohort* before, const v1::Cohort& after) {
  if (!IsDate(after.start_date())) return InvalidField("cohort.start_date", "is no date");
  if (!IsDate(after.end_date())) return InvalidField("cohort.end_date", "is no date");
  if (ToCivil(after.end_date()) < ToCivil(after.start_date()))
    return InvalidField("cohort.end_date", "must not be before start_date");
  if (before == nullptr || before->state() == v1::Cohort::DRAFT) return absl::OkStatus();
  if (before->state() == v1::Cohort::FINISHED)
    return Refused(v1::COHORT_FINISHED, "the cohort is over", {{"cohort", after.name()}});
  if (before->programme_revision() != after.programme_revision())
    return Refused(v1::COHORT_OPEN, "people applied for this programme",
                   {{"cohort", after.name()}});
  if (before->state() == v1::Cohort::RUNNING &&
      ToCivil(before->start_date()) != ToCivil(after.start_date()))
    return Refused(v1::COHORT_STARTED, "the first day has come", {{"cohort", after.name()}});
  return absl::OkStatus();
}

absl::Status CheckExit(const v1::Cohort& cohort, const v1::Learner& learner,
                       const google::type::Date& date) {
  if (learner.state() != v1::Learner::ENROLLED && learner.state() != v1::Learner::IN_TRAINING)
    return Refused(v1::ALREADY_ENDED, "the learner is not in training",
                   {{"learner", learner.name()}});
  if (!IsDate(date)) return InvalidField("date", "is no date");
  const bool started = learner.state() == v1::Learner::IN_TRAINING;
  if (ToCivil(date) > ToCivil(cohort.end_date()) ||
      (started && ToCivil(date) < ToCivil(cohort.start_date())))
    return Refused(v1::WRONG_DATE, "outside the cohort's dates", {{"cohort", cohort.name()}});
  return absl::OkStatus();
}

absl::Status Resize(int32_t capacity, v1::CohortSeats& seats) {
  if (capacity < seats.held() + seats.taken())
    return Refused(v1::CAPACITY_BELOW_SEATS, "more seats are held and taken",
                   {{"held", absl::StrCat(seats.held())}, {"taken", absl::StrCat(seats.taken())}});
  seats.set_capacity(capacity);
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
