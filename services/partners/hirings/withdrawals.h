// Withdraws the proposals of a job offer that was closed, or of a learner who was taken back.
// Either may have any number, so the first are withdrawn with what happened and the rest in steps;
// none of them can be accepted meanwhile, since the offer or the learner says no. Stateless besides
// its table, hence thread-safe.
#pragma once

#include <string>

#include "shared/service/service.h"
#include "vivier/partners/v1/hirings.pb.h"

namespace vivier::partners {

class Withdrawals {
 public:
  // What one transaction withdraws: well below the 20 ms for which anybody may hold the writer.
  static constexpr int kStepRows = 200;

  explicit Withdrawals(const storage::Table<v1::Hiring>& hirings) : hirings_(hirings) {}

  // Puts its tick into the service.
  void AddTo(rpc::Service& service);

  absl::Status OfOffer(rpc::Call& call, const std::string& job_offer);
  absl::Status OfLearner(rpc::Call& call, const std::string& learner);

 private:
  absl::Status Begin(rpc::Call& call, v1::ProposalSweep sweep);
  absl::Status GoOn(rpc::Call& call, const std::string& name);
  // Withdraws the first; whether there are more.
  absl::StatusOr<bool> Step(rpc::Call& call, const v1::ProposalSweep& sweep);

  const storage::Table<v1::Hiring>& hirings_;
  storage::Table<v1::ProposalSweep> sweeps_;
};

}  // namespace vivier::partners
