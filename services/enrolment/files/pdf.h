// PDF documents: refused is what runs, fetches or sends something, holds other files, or cannot be
// looked into. A PDF is read as a reader of its objects does, so that a name in a text ("HTML and
// /JavaScript") is no action; what could hide an object from this reading and not from a viewer's,
// in a text or a stream, is MALFORMED. Objects in compressed streams of objects are read too.
// Functions without state, thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "services/enrolment/files/bytes.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

absl::StatusOr<v1::File::Refusal> JudgePdf(ByteSource& source);

}  // namespace vivier::enrolment
