#include "demo/steps.h"

namespace vivier::demo {

absl::Status TellStory(Stage& stage) {
  for (auto* step : {&PublishProgramme, &OpenCohort, &ConcludeFunding, &ImportApplications,
                     &AssessEligibility, &Score, &PublishRanking, &Admit, &RaiseCeilings, &Withdraw,
                     &AcceptSeats, &Teach, &Bill, &FinishAndCertify, &OfferJobs, &SignContracts})
    RETURN_IF_ERROR(step(stage));
  return absl::OkStatus();
}

}  // namespace vivier::demo
