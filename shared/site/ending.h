// How a process that serves ends. Its last work is to commit what it accepted; once that is synced,
// nothing that a thread or a destructor still does is worth waiting for, and one was found that
// never ends. About the whole process: called on the thread that stops it.
#pragma once

#include "absl/strings/string_view.h"

namespace vivier::site {

// Exit status of a stop that was cut off.
inline constexpr int kStopCutOff = 76;

// From SIGTERM to the end, whatever hangs: the drain may take 25 s of it, and who started the
// process kills it after 35 s (STOP_SECONDS in deploy/lib.sh).
inline constexpr unsigned kStopSecondsMax = 30;

// From now on the process has so many seconds; then it logs that it was cut off and ends with
// kStopCutOff. The kernel keeps the time, so that no thread of the process has to be well.
void LimitStop(absl::string_view service, unsigned seconds = kStopSecondsMax);

// Ends the process now. Standard streams are flushed; no destructor runs, no thread is joined.
[[noreturn]] void EndProcess(int status);

}  // namespace vivier::site
