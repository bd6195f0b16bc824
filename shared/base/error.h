// Every way in which Vivier says no. A refusal is an absl::Status that carries exactly one
// google.rpc.ErrorInfo (reason, domain "vivier", metadata) as payload, and a BadRequest where
// fields are at fault; shared/rpc turns it into a google.rpc.Status (AIP-193). Messages name
// resources and fields, never personal data.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace vivier {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// A status with `code` and an ErrorInfo{reason, "vivier", metadata}.
absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                   const Metadata& metadata = {});

// FAILED_PRECONDITION: the domain says no. `reason` is a value of the service's Reason enum.
template <class Reason>
absl::Status Refused(Reason reason, absl::string_view message, const Metadata& metadata = {}) {
  return Error(absl::StatusCode::kFailedPrecondition,
               google::protobuf::GetEnumDescriptor<Reason>()->FindValueByNumber(reason)->name(),
               message, metadata);
}

// INVALID_ARGUMENT, reason INVALID_FIELD, with a BadRequest that names the field
// ("cohort.capacity") and why; `more` joins the field in the metadata.
absl::Status InvalidField(absl::string_view field, absl::string_view description,
                          Metadata more = {});

// PERMISSION_DENIED, reason NOT_ALLOWED: the one answer for what is unknown and what is forbidden,
// so that nobody learns from an error which names exist outside their scope.
absl::Status NotAllowed(absl::string_view name);

// NOT_FOUND, reason NOT_FOUND: inside the caller's scope there is no such resource.
absl::Status NotFound(absl::string_view name);

// ALREADY_EXISTS, reason ALREADY_EXISTS.
absl::Status AlreadyExists(absl::string_view name);

// ABORTED, reason ETAG_MISMATCH: the resource changed since the caller read it.
absl::Status EtagMismatch(absl::string_view name);

// UNAVAILABLE, reason UNAVAILABLE: nothing was done, or it is unknown; retry with the same
// request_id.
absl::Status Unavailable(absl::string_view message);

// RESOURCE_EXHAUSTED, reason OVERLOADED, with a RetryInfo: more was asked than can be done, and
// nothing was begun. `queue` is what was full: "calls", "streams", "writer", "workers"; "client"
// for a channel that held itself back.
absl::Status Overloaded(absl::string_view queue);

// INTERNAL, reason INTERNAL: a defect of ours.
absl::Status Internal(absl::string_view message);

// The reason of the ErrorInfo in `status`, or "".
std::string ReasonOf(const absl::Status& status);

// The metadata of its ErrorInfo, in the order of the keys; empty when there is none.
Metadata MetadataOf(const absl::Status& status);

}  // namespace vivier
