#include "services/enrolment/cohorts/rules.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/transitions.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using v1::Cohort;

absl::Status WrongState(const std::string& name, absl::string_view state,
                        absl::string_view message) {
  return Refused(v1::WRONG_STATE, message, {{"resource", name}, {"state", std::string(state)}});
}

absl::Status MoveCohort(absl::string_view act, Cohort& cohort) {
  std::string from;
  for (const Transition<Cohort::State>& row : kCohortTransitions) {
    if (row.act != act) continue;
    if (row.from == cohort.state()) {
      cohort.set_state(row.to);
      return absl::OkStatus();
    }
    from = Cohort::State_Name(row.from);
  }
  return WrongState(cohort.name(), Cohort::State_Name(cohort.state()),
                    absl::StrCat("the cohort has to be ", from));
}

absl::Status CheckCohortChange(const Cohort* before, const Cohort& after) {
  if (!IsDate(after.start_date())) return InvalidField("cohort.start_date", "is no date");
  if (!IsDate(after.end_date())) return InvalidField("cohort.end_date", "is no date");
  if (ToCivil(after.end_date()) < ToCivil(after.start_date()))
    return InvalidField("cohort.end_date", "must not be before start_date");
  if (before == nullptr || before->state() == Cohort::DRAFT) return absl::OkStatus();
  if (before->state() == Cohort::FINISHED)
    return Refused(v1::COHORT_FINISHED, "the cohort is over", {{"cohort", after.name()}});
  if (before->programme_revision() != after.programme_revision())
    return Refused(v1::COHORT_OPEN, "people applied for this programme",
                   {{"cohort", after.name()}});
  if (before->state() == Cohort::RUNNING &&
      ToCivil(before->start_date()) != ToCivil(after.start_date()))
    return Refused(v1::COHORT_STARTED, "the first day has come", {{"cohort", after.name()}});
  return absl::OkStatus();
}

absl::Status CheckTakesApplications(const Cohort& cohort) {
  if (cohort.state() == Cohort::OPEN) return absl::OkStatus();
  return Refused(v1::COHORT_NOT_OPEN, "the cohort takes no applications",
                 {{"cohort", cohort.name()}, {"state", Cohort::State_Name(cohort.state())}});
}

absl::Status CheckAdmits(const Cohort& cohort) {
  if (cohort.state() == Cohort::OPEN || cohort.state() == Cohort::RUNNING) return absl::OkStatus();
  return WrongState(cohort.name(), Cohort::State_Name(cohort.state()), "the cohort does not admit");
}

}  // namespace vivier::enrolment
