// What the bytes of a file are, and whether they may be kept: judged on the whole, by what the
// bytes say and not by what they are called. It is no search for viruses: it refuses what people's
// papers have no need of (docs/files.md). Functions without state, thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "services/enrolment/files/bytes.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

// REFUSAL_UNSPECIFIED where they are of that format and may be kept. An error is one of the source.
absl::StatusOr<v1::File::Refusal> JudgeContent(v1::File::Format format, ByteSource& source);

}  // namespace vivier::enrolment
