// What became of learners: said by people, or proved by a contract. Decided in rules.h. Stateless
// besides its table, hence thread-safe.
#pragma once

#include "services/enrolment/cohorts/cohorts.h"
#include "services/enrolment/learners/learners.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/outcomes.pb.h"
#include "vivier/partners/v1/events.pb.h"

namespace vivier::enrolment {

class Outcomes {
 public:
  Outcomes(Cohorts& cohorts, Learners& learners) : cohorts_(cohorts), learners_(learners) {}

  // Puts its rpcs and reactions into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::StatusOr<v1::Outcome> RecordOutcome(rpc::Call& call,
                                            const v1::RecordOutcomeRequest& request);
  absl::Status OnContractSigned(rpc::Call& call, const partners::v1::ContractSigned& event);
  absl::Status OnContractBroken(rpc::Call& call, const partners::v1::ContractBroken& event);
  absl::Status Store(rpc::Call& call, const v1::Learner& learner, v1::Outcome& outcome);

  Cohorts& cohorts_;
  Learners& learners_;
  storage::Table<v1::Outcome> outcomes_;
};

}  // namespace vivier::enrolment
