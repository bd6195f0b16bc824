// The drills of an operator on real processes: put a backup back elsewhere, lose a volume, put the
// copy of one volume back. Each ends with the story told to its end, its figures as ever, and every
// invariant held. Not thread-safe.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "shared/storage/engines/database.h"

namespace vivier::testing {

// Backs a school up while the story is told on it, puts one of these generations, which `seed`
// chooses, back at another place, and goes on there.
void DrillRestoreElsewhere(storage::Engine engine, int seed);

// Follows a school with a generation every `interval`, loses it with its volume in the middle of
// the story, and goes on elsewhere with the last generation. What was acknowledged longer than
// `loss_max` before must be there.
void DrillLostVolume(storage::Engine engine, absl::Duration interval, absl::Duration loss_max);

// Puts an old copy of enrolment's database back under a school that went on, and settles it with
// the last backup.
void DrillBareCopy(storage::Engine engine);

}  // namespace vivier::testing
