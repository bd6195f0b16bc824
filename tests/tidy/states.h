// State machines are drawn: where a resource has states, its part says in rows what leads from one
// to the next (shared/base/transition.h), with a diagram that a test compares with them. Else a
// reader believes a drawing that nothing keeps true. Functions without state, thread-safe.
#pragma once

#include "tests/tidy/tree.h"

namespace vivier::tidy {

// StatesAreDrawn: of each message in a service's .proto that has an enum State, a header of the
// service has Transition<v1::MESSAGE::State> and the beginning of its diagram, and a test beside it
// reads that with ReadDiagram.
// ReadmesDrawTheSame: an arrow that the service's README draws of such a message is an arrow of
// that diagram; the README may leave out others.
Findings CheckStates(const Tree& tree);

}  // namespace vivier::tidy
