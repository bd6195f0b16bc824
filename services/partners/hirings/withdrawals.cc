#include "services/partners/hirings/withdrawals.h"

#include <utility>
#include <vector>

#include "services/partners/hirings/rules.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"

namespace vivier::partners {

using rpc::Call;
using v1::Hiring;
using v1::ProposalSweep;

void Withdrawals::AddTo(rpc::Service& service) {
  service.Keeps(sweeps_).Tick(*this, &Withdrawals::GoOn, sweeps_, "due_time");
}

absl::Status Withdrawals::OfOffer(Call& call, const std::string& job_offer) {
  ProposalSweep sweep;
  sweep.set_job_offer(job_offer);
  return Begin(call, std::move(sweep));
}

absl::Status Withdrawals::OfLearner(Call& call, const std::string& learner) {
  ProposalSweep sweep;
  sweep.set_learner(learner);
  return Begin(call, std::move(sweep));
}

absl::Status Withdrawals::Begin(Call& call, ProposalSweep sweep) {
  ASSIGN_OR_RETURN(const bool more, Step(call, sweep));
  if (!more) return absl::OkStatus();
  sweep.set_name(NameIn(call.school(), "proposalSweeps", RandomUuid()));
  *sweep.mutable_due_time() = ToTimestamp(call.time());
  return sweeps_.Insert(call, sweep);
}

// The sweep stays due until none is left.
absl::Status Withdrawals::GoOn(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const ProposalSweep sweep, sweeps_.Get(call, name));
  ASSIGN_OR_RETURN(const bool more, Step(call, sweep));
  return more ? absl::OkStatus() : sweeps_.Delete(call, name);
}

absl::StatusOr<bool> Withdrawals::Step(Call& call, const ProposalSweep& sweep) {
  const bool of_offer = !sweep.job_offer().empty();
  ASSIGN_OR_RETURN(std::vector<Hiring> proposed,
                   hirings_.FirstOf(call, kStepRows + 1,
                                    of_offer ? "job_offer = $2 AND state = 'PROPOSED' ORDER BY name"
                                             : "learner = $2 AND state = 'PROPOSED' ORDER BY name",
                                    {of_offer ? sweep.job_offer() : sweep.learner()}));
  const bool more = proposed.size() > kStepRows;
  if (more) proposed.pop_back();
  for (Hiring& hiring : proposed) {
    RETURN_IF_ERROR(MoveHiring(of_offer ? "CloseJobOffer" : "LearnerLeft", hiring));
    RETURN_IF_ERROR(hirings_.Update(call, hiring));
  }
  return more;
}

}  // namespace vivier::partners
