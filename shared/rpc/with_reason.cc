#include "shared/rpc/with_reason.h"

#include <string>

#include "shared/base/error.h"
#include "shared/security/roles.h"

namespace vivier::rpc {
namespace {

// The permission to see who was erased.
constexpr char kSeesErasures[] = "persons.getErasure";

absl::string_view ReasonOfCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case absl::StatusCode::kFailedPrecondition:
      return "CONSTRAINT_VIOLATED";
    case absl::StatusCode::kInvalidArgument:
      return "INVALID_FIELD";
    case absl::StatusCode::kResourceExhausted:
      return "DISK_FULL";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
      return "UNAVAILABLE";
    case absl::StatusCode::kDeadlineExceeded:
      return "DEADLINE_PASSED";
    case absl::StatusCode::kNotFound:
      return "NOT_FOUND";
    default:
      return "INTERNAL";
  }
}

}  // namespace

absl::Status WithReason(const absl::Status& status) {
  if (status.ok() || !ReasonOf(status).empty()) return status;
  // A transaction that lost against another one is the same to a caller as one that did not happen.
  const absl::StatusCode code =
      absl::IsAborted(status) ? absl::StatusCode::kUnavailable : status.code();
  return Error(code, ReasonOfCode(status.code()), status.message());
}

absl::Status AsTold(const absl::Status& status, const security::Caller& caller,
                    absl::string_view school) {
  if (ReasonOf(status) != "PERSON_ERASED" || security::Allows(caller, kSeesErasures, school))
    return status;
  std::string person;
  for (const auto& [key, value] : MetadataOf(status))
    if (key == "person") person = value;
  return caller.kind == security::Caller::Kind::kPartner ? NotAllowed(person) : NotFound(person);
}

}  // namespace vivier::rpc
