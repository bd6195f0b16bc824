#include "services/enrolment/learners/rules.h"

#include "absl/strings/str_cat.h"
#include "services/enrolment/learners/transitions.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using v1::Learner;

std::string LearnerName(absl::string_view application) {
  return absl::StrCat(ParentOf(application), "/learners/", IdOf(application));
}

absl::Status CheckExit(const v1::Cohort& cohort, const Learner& learner,
                       const google::type::Date& date) {
  if (!MayDo(kLearnerTransitions, learner.state(), "RecordExit"))
    return Refused(v1::ALREADY_ENDED, "the learner is not in training",
                   {{"learner", learner.name()}});
  if (!IsDate(date)) return InvalidField("date", "is no date");
  const bool started = learner.state() == Learner::IN_TRAINING;
  if (ToCivil(date) > ToCivil(cohort.end_date()) ||
      (started && ToCivil(date) < ToCivil(cohort.start_date())))
    return Refused(v1::WRONG_DATE, "outside the cohort's dates", {{"cohort", cohort.name()}});
  return absl::OkStatus();
}

absl::Status CheckLearnerErasable(const Learner& learner, absl::CivilDay today) {
  if (learner.state() == Learner::ENROLLED || learner.state() == Learner::IN_TRAINING)
    return PersonNeeded(learner.name(), "the person is in training");
  if (learner.has_contract_end_date() && ToCivil(learner.contract_end_date()) >= today)
    return PersonNeeded(learner.name(), "a contract that followed the training runs");
  return absl::OkStatus();
}

Proven ProvenOf(const Learner& learner, const v1::Cohort& cohort) {
  Proven proven{ToCivil(learner.has_exit_date() ? learner.exit_date() : cohort.end_date()),
                std::nullopt, learner.certification() != Learner::CERTIFICATION_UNSPECIFIED};
  if (learner.has_contract_end_date()) proven.contract_end = ToCivil(learner.contract_end_date());
  return proven;
}

Learner::Certification CertificationOf(curriculum::v1::CertificateAwarded::Result result) {
  switch (result) {
    case curriculum::v1::CertificateAwarded::FULL:
      return Learner::FULL;
    case curriculum::v1::CertificateAwarded::PARTIAL:
      return Learner::PARTIAL;
    case curriculum::v1::CertificateAwarded::NONE:
      return Learner::NONE;
    default:
      return Learner::CERTIFICATION_UNSPECIFIED;
  }
}

}  // namespace vivier::enrolment
