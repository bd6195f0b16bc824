// The same figures one node up: what the school submits, and how its parent shows it to everybody.
#pragma once

#include "demo/figures.h"
#include "shared/command/client.h"

namespace vivier::demo {

// The story takes longer than what the school is known by at its parent, whose clock has just been
// moved on: gives it another join code, in the folder where it looks for one.
absl::Status JoinAgain(const Stage& stage, command::Client& client, const std::string& parent,
                       const std::string& codes);

// Asks the school to submit its figures now. OK with 0 when nothing was counted.
absl::StatusOr<int64_t> RequestSubmission(Stage& stage);

// Waits until the node called `parent` has accepted `revision` of the school or a newer one, then
// reads the year of the story's cohort there: numerators, denominators, and what is withheld
// because too few stand behind it.
absl::StatusOr<Figures> ReadParent(const Stage& stage, command::Client& client,
                                   const std::string& parent, int64_t revision);

}  // namespace vivier::demo
