#include "services/enrolment/retention.h"

#include <algorithm>

#include "services/enrolment/dates.h"
#include "services/enrolment/rules.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

absl::Status Needed(const std::string& resource, absl::string_view why) {
  return Refused(v1::PERSON_NEEDED, why, {{"resource", resource}});
}

}  // namespace

absl::CivilDay EraseOn(absl::CivilDay day) {
  const absl::CivilMonth month = absl::CivilMonth(day) + kUnsuccessfulKeptMonths;
  const absl::CivilDay last =
      absl::CivilDay(month + 1) - 1;  // the 29th of February has no second year
  return absl::CivilDay(month.year(), month.month(), std::min(day.day(), last.day()));
}

absl::Status CheckErasure(absl::Span<const v1::Application> applications,
                          absl::Span<const v1::Learner> learners, absl::CivilDay today) {
  for (const v1::Application& application : applications)
    if (!HasEnded(application.state()) && application.state() != v1::Application::ACCEPTED)
      return Needed(application.name(), "an application is not decided; withdraw it first");
  for (const v1::Learner& learner : learners) {
    if (learner.state() == v1::Learner::ENROLLED || learner.state() == v1::Learner::IN_TRAINING)
      return Needed(learner.name(), "the person is in training");
    if (learner.has_contract_end_date() && ToCivil(learner.contract_end_date()) >= today)
      return Needed(learner.name(), "a contract that followed the training runs");
  }
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
