#include "services/enrolment/enrolment.h"

#include "services/enrolment/files/invariants.h"
#include "services/enrolment/invariants.h"
#include "services/enrolment/learners/invariants.h"
#include "services/enrolment/log_folds.h"
#include "services/enrolment/presence/invariants.h"
#include "services/enrolment/selection/invariants.h"

namespace vivier::enrolment {

Enrolment::Enrolment() {
  people_.erasing.Calls(selection_, &Selection::CheckErasure)
      .Calls(learners_, &Learners::CheckErasure);
  people_.erased.Calls(files_, &Files::ForgetPerson).Calls(links_, &Links::ForgetPerson);
  people_.trained.Calls(learners_, &Learners::SayTrained);
  cohorts_.making.Calls(seats_, &Seats::MakeSeats);
  cohorts_.resizing.Calls(seats_, &Seats::ChangeCapacity);
  cohorts_.started.Calls(admission_, &Admission::StartLearners);
  cohorts_.finished.Calls(presence_, &Presence::CheckSealed)
      .Calls(learners_, &Learners::FinishAll)
      .Calls(seats_, &Seats::EndUnaccepted);
  learners_.left.Calls(seats_, &Seats::FreeSeatOf);
  selection_.applying.Calls(links_, &Links::CheckApplicant);
}

rpc::Service Enrolment::Rpc() {
  rpc::Service service("enrolment");
  schools_.AddTo(service);
  people_.AddTo(service);
  files_.AddTo(service);
  cohorts_.AddTo(service);
  learners_.AddTo(service);
  presence_.AddTo(service);
  selection_.AddTo(service);
  seats_.AddTo(service);
  admission_.AddTo(service);
  outcomes_.AddTo(service);
  links_.AddTo(service);
  AddJoinedInvariants(service);
  AddLogFolds(service);
  AddLearnersInvariants(service);
  AddApplicationsInvariants(service);
  AddSealsInvariants(service);
  AddFilesInvariants(service);
  return service;
}

}  // namespace vivier::enrolment
