#include "services/enrolment/enrolment.h"

#include <algorithm>

#include "absl/time/time.h"
#include "services/enrolment/dates.h"
#include "services/enrolment/invariants.h"
#include "services/enrolment/names.h"
#include "services/enrolment/rules.h"
#include "shared/service/standard.h"

namespace vivier::enrolment {

using v1::Application;
using v1::Cohort;
using v1::Learner;

rpc::Service Enrolment::Rpc() {
  rpc::Service service("enrolment");
  access_.AddTo(service);
  return service.Standard(schools_)
      .On(*this, &Enrolment::UpdateSchool)
      .Standard(candidates_, rpc::Check<v1::Candidate>(
                                 [this](Call& call, const v1::Candidate*, v1::Candidate& after) {
                                   return CheckCandidate(call, after);
                                 }))
      .On(*this, &Enrolment::CreateCandidate)
      .On(*this, &Enrolment::EraseCandidate)
      .Keeps(candidate_keys_)
      .Standard(cohorts_,
                rpc::Check<Cohort>([this](Call& call, const Cohort* before, Cohort& after) {
                  return CheckCohort(call, before, after);
                }))
      .Standard(seats_)
      .On(*this, &Enrolment::OpenCohort)
      .On(*this, &Enrolment::StartCohort)
      .On(*this, &Enrolment::FinishCohort)
      .Standard(applications_)
      .On(*this, &Enrolment::SubmitApplication)
      .Operate(*this, &PlanImport, &Enrolment::CheckImport, &Enrolment::ImportRows)
      .On(*this, &Enrolment::AssessEligibility)
      .On(*this, &Enrolment::ScoreApplication)
      .On(*this, &Enrolment::PublishRanking)
      .On(*this, &Enrolment::AdmitApplication)
      .On(*this, &Enrolment::AcceptSeat)
      .On(*this, &Enrolment::DeclineSeat)
      .On(*this, &Enrolment::WithdrawApplication)
      .On(*this, &Enrolment::RejectApplication)
      .Standard(learners_)
      .On(*this, &Enrolment::RecordExit)
      .Standard(outcomes_)
      .On(*this, &Enrolment::RecordOutcome)
      .Standard(sheets_)
      .Keeps(seals_)
      .On(*this, &Enrolment::OpenAttendanceSheet)
      .On(*this, &Enrolment::SignAttendanceSheet)
      .On(*this, &Enrolment::SealAttendanceSheet)
      .Standard(entries_)
      .Keeps(corrections_)
      .On(*this, &Enrolment::SignPresence)
      .On(*this, &Enrolment::RecordAbsence)
      .On(*this, &Enrolment::CorrectPresence)
      .React(*this, &Enrolment::OnSeatFunded)
      .React(*this, &Enrolment::OnSeatRefused)
      .React(*this, &Enrolment::OnFundingPlanChanged)
      .React(*this, &Enrolment::OnContractSigned)
      .React(*this, &Enrolment::OnContractBroken)
      .React(*this, &Enrolment::OnCertificateAwarded)
      .React(*this, &Enrolment::OnPersonErased)
      .Tick(*this, &Enrolment::ExpireHold, applications_, "funding_by")
      .Tick(*this, &Enrolment::ExpireAcceptance, applications_, "accept_by")
      .Tick(*this, &Enrolment::EraseUnsuccessful, candidates_, "erase_by")
      .Holds("I1", "SELECT COUNT(*) FROM cohort_seats WHERE school = $1", kSeatsBroken)
      .Holds("I2", "SELECT COUNT(*) FROM learners WHERE school = $1", kLearnersBroken)
      .Holds("I12", CheckSealChains)
      .Holds("I12", "SELECT COUNT(*) FROM attendance_sheets WHERE school = $1 AND chain_number > 0",
             kSealsMissing)
      .Claim("I7", kFundedHolds);
}

absl::StatusOr<v1::School> Enrolment::UpdateSchool(Call& call,
                                                   const v1::UpdateSchoolRequest& request) {
  ASSIGN_OR_RETURN(std::optional<v1::School> found, schools_.Find(call, request.school().name()));
  if (!found.has_value() && !request.allow_missing()) return NotFound(request.school().name());
  v1::School school = found.has_value() ? *found : request.school();
  if (found.has_value()) {
    RETURN_IF_ERROR(schools_.schema().CheckEtag(*found, request.school().etag()));
    RETURN_IF_ERROR(rpc::ApplyUpdate(schools_.schema(), request, request.school(), school));
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(school.time_zone(), &zone))
    return InvalidField("school.time_zone", "is no IANA time zone");
  RETURN_IF_ERROR(found.has_value() ? schools_.Update(call, school)
                                    : schools_.Insert(call, school));
  return school;
}

absl::StatusOr<std::vector<std::string>> Enrolment::KeysOf(Call& call,
                                                           const v1::Candidate& candidate) {
  const std::string prefix = absl::StrCat("schools/", call.school(), "/candidateKeys/");
  std::vector<std::string> keys;
  if (!candidate.email().empty()) {
    ASSIGN_OR_RETURN(std::string index,
                     call.unit().BlindIndex("candidates.email", candidate.email()));
    keys.push_back(absl::StrCat(prefix, "email-", index));
  }
  if (candidate.has_birth_date()) {
    const std::string person = absl::StrCat(candidate.family_name(), "\t", candidate.given_name(),
                                            "\t", DateText(candidate.birth_date()));
    ASSIGN_OR_RETURN(std::string index, call.unit().BlindIndex("candidates.person", person));
    keys.push_back(absl::StrCat(prefix, "person-", index));
  }
  return keys;
}

absl::StatusOr<std::string> Enrolment::KnownAs(Call& call, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(std::optional<v1::CandidateKey> known, candidate_keys_.Find(call, key));
    if (known.has_value()) return known->candidate();
  }
  return std::string();
}

absl::Status Enrolment::AddCandidate(Call& call, v1::Candidate& candidate,
                                     const std::vector<std::string>& keys) {
  *candidate.mutable_create_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(KeepUntilRetention(call, candidate));
  RETURN_IF_ERROR(candidates_.Insert(call, candidate));
  return AddKeys(call, candidate.name(), keys);
}

absl::Status Enrolment::AddKeys(Call& call, const std::string& candidate,
                                const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(std::optional<v1::CandidateKey> known, candidate_keys_.Find(call, key));
    if (known.has_value()) continue;
    v1::CandidateKey row;
    row.set_name(key);
    row.set_candidate(candidate);
    RETURN_IF_ERROR(candidate_keys_.Insert(call, row));
  }
  return absl::OkStatus();
}

// Somebody who corrects his own file is not told who else is known, so a key that is another's
// stays that other's.
absl::Status Enrolment::CheckCandidate(Call& call, const v1::Candidate& after) {
  if (after.has_birth_date() && !IsDate(after.birth_date()))
    return InvalidField("candidate.birth_date", "is no date");
  ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(call, after));
  ASSIGN_OR_RETURN(std::vector<v1::CandidateKey> old,
                   candidate_keys_.Select(call, "candidate = $2", {after.name()}));
  for (const v1::CandidateKey& key : old)
    if (std::find(keys.begin(), keys.end(), key.name()) == keys.end())
      RETURN_IF_ERROR(candidate_keys_.Delete(call, key.name()));
  return AddKeys(call, after.name(), keys);
}

absl::StatusOr<v1::Candidate> Enrolment::CreateCandidate(
    Call& call, const v1::CreateCandidateRequest& request) {
  v1::Candidate candidate = request.candidate();
  candidate.set_name(absl::StrCat(request.parent(), "/candidates/", request.candidate_id()));
  if (candidate.has_birth_date() && !IsDate(candidate.birth_date()))
    return InvalidField("candidate.birth_date", "is no date");
  ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(call, candidate));
  ASSIGN_OR_RETURN(std::string known, KnownAs(call, keys));
  if (!known.empty() && !request.confirmed_distinct())
    return Refused(v1::DUPLICATE_PERSON,
                   "somebody with this e-mail address, or this name and birth date, is known",
                   {{"candidate", known}});
  RETURN_IF_ERROR(AddCandidate(call, candidate, keys));
  return candidate;
}

absl::StatusOr<v1::CohortSeats> Enrolment::SeatsOf(Call& call, const std::string& cohort) {
  return seats_.Get(call, SeatsName(cohort));
}

absl::Status Enrolment::CheckCohort(Call& call, const Cohort* before, Cohort& after) {
  RETURN_IF_ERROR(CheckCohortChange(before, after));
  if (before != nullptr)
    return before->capacity() == after.capacity() ? absl::OkStatus() : ChangeCapacity(call, after);
  after.set_state(Cohort::DRAFT);
  v1::CohortSeats seats;
  seats.set_name(SeatsName(after.name()));
  seats.set_capacity(after.capacity());
  return seats_.Insert(call, seats);
}

absl::Status Enrolment::ChangeCapacity(Call& call, const Cohort& cohort) {
  ASSIGN_OR_RETURN(v1::CohortSeats seats, SeatsOf(call, cohort.name()));
  RETURN_IF_ERROR(Resize(cohort.capacity(), seats));
  ASSIGN_OR_RETURN(std::vector<Application> ranked, Ranked(call, cohort.name(), ""));
  return AdvanceAndStore(call, cohort, seats, std::move(ranked), false);
}

absl::StatusOr<Cohort> Enrolment::MoveCohort(Call& call, const std::string& name,
                                             const std::string& etag, Cohort::State from,
                                             Cohort::State to) {
  ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(call, name, etag));
  if (cohort.state() != from)
    return WrongState(name, Cohort::State_Name(cohort.state()),
                      absl::StrCat("the cohort has to be ", Cohort::State_Name(from)));
  cohort.set_state(to);
  RETURN_IF_ERROR(cohorts_.Update(call, cohort));
  return cohort;
}

absl::StatusOr<Cohort> Enrolment::OpenCohort(Call& call, const v1::OpenCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort,
                   MoveCohort(call, request.name(), request.etag(), Cohort::DRAFT, Cohort::OPEN));
  v1::CohortOpened event;
  event.set_cohort(cohort.name());
  event.set_programme_revision(cohort.programme_revision());
  event.set_title(cohort.title());
  event.set_capacity(cohort.capacity());
  *event.mutable_start_date() = cohort.start_date();
  *event.mutable_end_date() = cohort.end_date();
  RETURN_IF_ERROR(call.Emit(event));
  return cohort;
}

absl::StatusOr<Cohort> Enrolment::StartCohort(Call& call, const v1::StartCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort,
                   MoveCohort(call, request.name(), request.etag(), Cohort::OPEN, Cohort::RUNNING));
  ASSIGN_OR_RETURN(
      std::vector<Application> accepted,
      applications_.Select(call, "cohort = $2 AND state = 'ACCEPTED'", {cohort.name()}));
  for (const Application& application : accepted) {
    ASSIGN_OR_RETURN(Learner learner, learners_.Get(call, LearnerName(application.name())));
    learner.set_state(Learner::IN_TRAINING);
    RETURN_IF_ERROR(learners_.Update(call, learner));
  }
  return cohort;
}

absl::StatusOr<Cohort> Enrolment::FinishCohort(Call& call, const v1::FinishCohortRequest& request) {
  ASSIGN_OR_RETURN(Cohort cohort, MoveCohort(call, request.name(), request.etag(), Cohort::RUNNING,
                                             Cohort::FINISHED));
  ASSIGN_OR_RETURN(int64_t unsealed,
                   sheets_.Count(call, "cohort = $2 AND state <> 'SEALED'", {cohort.name()}));
  if (unsealed > 0)
    return Refused(v1::SHEETS_OPEN, "attendance sheets are not sealed",
                   {{"cohort", cohort.name()}, {"sheets", absl::StrCat(unsealed)}});
  ASSIGN_OR_RETURN(std::vector<Learner> learners,
                   learners_.Select(call, "cohort = $2 AND state = 'IN_TRAINING' ORDER BY name",
                                    {cohort.name()}));
  RETURN_IF_ERROR(EndUnaccepted(call, cohort));
  for (Learner& learner : learners) {
    learner.set_state(Learner::FINISHED);
    RETURN_IF_ERROR(learners_.Update(call, learner));
    v1::LearnerFinished event;
    event.set_learner(learner.name());
    event.set_cohort(cohort.name());
    RETURN_IF_ERROR(call.Emit(event));
  }
  v1::CohortFinished event;
  event.set_cohort(cohort.name());
  *event.mutable_end_date() = cohort.end_date();
  RETURN_IF_ERROR(call.Emit(event));
  return cohort;
}

// Nobody waits for a cohort that is over: what is still held or offered is released.
absl::Status Enrolment::EndUnaccepted(Call& call, const Cohort& cohort) {
  ASSIGN_OR_RETURN(v1::CohortSeats seats, SeatsOf(call, cohort.name()));
  ASSIGN_OR_RETURN(std::vector<Application> ranked, Ranked(call, cohort.name(), ""));
  for (Application& application : ranked) {
    if (application.state() == Application::ACCEPTED) continue;
    const bool admitted = application.state() == Application::ADMITTED;
    const bool freed = End(seats, application, Application::EXPIRED);
    RETURN_IF_ERROR(applications_.Update(call, application));
    RETURN_IF_ERROR(Decided(call, application));
    if (freed)
      RETURN_IF_ERROR(EmitSeatReleased(call, application, v1::SeatReleased::ACCEPTANCE_EXPIRED));
    if (admitted)
      RETURN_IF_ERROR(EndLearner(call, LearnerName(application.name()), cohort.end_date(),
                                 v1::LearnerLeft::NO_SHOW));
  }
  return StoreSeats(call, seats);
}

}  // namespace vivier::enrolment
