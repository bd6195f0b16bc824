// Pictures: whether the bytes have the structure of their format from the beginning to the end, so
// that nothing stands before or behind a PNG, WebP or HEIC. Behind a JPEG may stand more:
// telephones put a second picture or notes of their own there. Functions without state,
// thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "services/enrolment/files/bytes.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

// MALFORMED where they have not; of a file that begins as its format does.
absl::StatusOr<v1::File::Refusal> JudgePicture(v1::File::Format format, ByteSource& source);

}  // namespace vivier::enrolment
