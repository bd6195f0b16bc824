// Who may be erased: what selection and learners say of it together.
#include "gtest/gtest.h"
#include "services/enrolment/learners/rules.h"
#include "services/enrolment/selection/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using v1::Application;
using v1::Learner;

struct Row {
  Application::State application;
  Learner::State learner;   // unspecified where there is none
  CivilDay contract_until;  // the epoch where there is none
  bool needed;
};

TEST(Erasable, NobodyWhoIsInTheProcess) {
  const CivilDay today(2027, 3, 1), none;
  const Row rows[] = {
      {Application::SUBMITTED, Learner::STATE_UNSPECIFIED, none, true},
      {Application::WAITLISTED, Learner::STATE_UNSPECIFIED, none, true},
      {Application::FUNDING_PENDING, Learner::STATE_UNSPECIFIED, none, true},
      {Application::ADMITTED, Learner::ENROLLED, none, true},
      {Application::ACCEPTED, Learner::ENROLLED, none, true},
      {Application::ACCEPTED, Learner::IN_TRAINING, none, true},
      {Application::ACCEPTED, Learner::FINISHED, none, false},
      {Application::ACCEPTED, Learner::FINISHED, today - 1, false},
      {Application::ACCEPTED, Learner::FINISHED, today, true},
      {Application::LEFT, Learner::LEFT, none, false},
      {Application::LEFT, Learner::LEFT, today + 30, true},
      {Application::REJECTED, Learner::STATE_UNSPECIFIED, none, false},
      {Application::WITHDRAWN, Learner::STATE_UNSPECIFIED, none, false},
      {Application::DECLINED, Learner::LEFT, none, false},
      {Application::NOT_FUNDABLE, Learner::STATE_UNSPECIFIED, none, false},
  };
  for (const Row& row : rows) {
    Application application;
    application.set_state(row.application);
    absl::Status status = CheckApplicationErasable(application);
    if (status.ok() && row.learner != Learner::STATE_UNSPECIFIED) {
      Learner learner;
      learner.set_state(row.learner);
      if (row.contract_until != none)
        *learner.mutable_contract_end_date() = ToDate(row.contract_until);
      status = CheckLearnerErasable(learner, today);
    }
    EXPECT_EQ(ReasonOf(status), row.needed ? "PERSON_NEEDED" : "")
        << Application::State_Name(row.application) << " " << Learner::State_Name(row.learner);
  }
}

}  // namespace
}  // namespace vivier::enrolment
