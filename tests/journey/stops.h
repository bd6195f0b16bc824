// Processes of a school that are told to stop at moments of all kinds while callers write: each
// ends by itself, with status 0, within the drain's limit, and what it had acknowledged is there
// when it serves again. Not thread-safe.
#pragma once

namespace vivier::testing {

// What stops each time: the one process of `serve all`, or that of some service.
enum class Stopped { kWholeSchool, kOneService };

// Reports how long the stops took, and fails the test.
void StopUnderLoad(Stopped what, int times);

}  // namespace vivier::testing
