// How every command says no. Functions without state, thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "shared/cli/command.h"

namespace vivier::cli {

// Of a misuse one line and the way to help; of any other refusal its words, then its code, its
// reason and all its metadata, each once:
//
//   vivier call: cohort.capacity: is above 500
//     code=INVALID_ARGUMENT
//     reason=INVALID_FIELD
//     field=cohort.capacity
//
// `command` is "" where none was named. The words of others are printed without control characters.
std::string RefusalText(const std::string& command, const absl::Status& status);

// The exit status that goes with it.
int StatusOf(const absl::Status& status);

}  // namespace vivier::cli
