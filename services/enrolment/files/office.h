// Office documents, ODT and DOCX: archives of XML and pictures. Refused is what runs or fetches
// something when it is opened, and what holds other files. Functions without state, thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "services/enrolment/files/bytes.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

// Whether the document may be kept, by the format that it is said to have.
absl::StatusOr<v1::File::Refusal> JudgeOffice(v1::File::Format format, ByteSource& source);

}  // namespace vivier::enrolment
