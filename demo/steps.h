// The steps of a story, in their order. Each does what one person would, prints a line, and may be
// repeated: it then gets its first answers again and changes nothing. The site's clock is moved on
// to the day of each step, within a step too; a day that is past on it is told at once.
#pragma once

#include "absl/status/status.h"
#include "demo/stage.h"

namespace vivier::demo {

// opening.cc
absl::Status PublishProgramme(Stage& stage);
absl::Status OpenCohort(Stage& stage);
absl::Status ConcludeFunding(Stage& stage);

// selection.cc
absl::Status ImportApplications(Stage& stage);
absl::Status AssessEligibility(Stage& stage);
absl::Status Score(Stage& stage);
absl::Status PublishRanking(Stage& stage);

// seats.cc
absl::Status Admit(Stage& stage);
absl::Status RaiseCeilings(Stage& stage);
absl::Status Withdraw(Stage& stage);
absl::Status AcceptSeats(Stage& stage);

// training.cc
absl::Status Teach(Stage& stage);
absl::Status Bill(Stage& stage);
absl::Status FinishAndCertify(Stage& stage);

// hiring.cc
absl::Status OfferJobs(Stage& stage);
absl::Status SignContracts(Stage& stage);

// All of them.
absl::Status TellStory(Stage& stage);

}  // namespace vivier::demo
