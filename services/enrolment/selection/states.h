// What an application's state means for its seat: the one place where it is said, for code and SQL.
// Pure functions, thread-safe.
//
// An application is *in play* from its rank to its end. A seat is *held* while its money is asked
// or waited for, and *taken* once the money is there. admission/transitions.h draws what leads from
// state to state.
#pragma once

#include <string>

#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

bool IsHeld(v1::Application::State state);
bool IsTaken(v1::Application::State state);
// Held or taken: no more of a cohort than its capacity.
bool HasSeat(v1::Application::State state);
bool IsInPlay(v1::Application::State state);
bool HasEnded(v1::Application::State state);
// Somebody waits for an answer of somebody.
bool IsUndecided(v1::Application::State state);

// A condition over the column `state`, true for the states that satisfy `is`. No IN (…): SQLite
// fills a table with its list at every run, which costs more than the count.
std::string WhereState(bool (*is)(v1::Application::State), const std::string& column = "state");

// WhereState(IsInPlay) and WhereState(HasSeat), made once. The indexes applications_in_play and
// applications_seated have the same texts, without which no engine would use them.
const std::string& InPlaySql();
const std::string& HasSeatSql();

}  // namespace vivier::enrolment
