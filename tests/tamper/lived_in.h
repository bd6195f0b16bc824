// Sites that were lived in: the small school of tests/invariants, with what it does not have of its
// own accord (links, programs of partners, a role of the school's own), and the same with the story
// of Nancy, where every table has rows. Not thread-safe.
#pragma once

#include "tests/support/world.h"
#include "tests/tamper/tamper.h"

namespace vivier::testing {

// Fails the test where something cannot be done. `admitted` are the rows when the seats of the
// small school were taken and nobody was taught.
void LiveInSmall(World& world, Snapshot& admitted);
void LiveIn(World& world, Snapshot& admitted);

// All rows of a running site.
Snapshot RowsOf(const World& world);

}  // namespace vivier::testing
