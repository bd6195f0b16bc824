#include "shared/base/error.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"

namespace vivier {
namespace {

// Four times what a line holds while it is overloaded (fair_line.h).
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kDomain[] = "vivier";

}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                   const Metadata& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  absl::Status status(code, message);
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view description, Metadata more) {
  google::rpc::BadRequest request;
  auto* violation = request.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(description));
  more.emplace_back("field", field);
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                              absl::StrCat(field, ": ", description), more);
  status.SetPayload(kBadRequestUrl, absl::Cord(request.SerializeAsString()));
  return status;
}

absl::Status NotAllowed(absl::string_view name) {
  return Error(absl::StatusCode::kPermissionDenied, "NOT_ALLOWED",
               absl::StrCat(name, " does not exist or may not be accessed"),
               {{"resource", std::string(name)}});
}

absl::Status NotFound(absl::string_view name) {
  return Error(absl::StatusCode::kNotFound, "NOT_FOUND", absl::StrCat(name, " does not exist"),
               {{"resource", std::string(name)}});
}

absl::Status AlreadyExists(absl::string_view name) {
  return Error(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS",
               absl::StrCat(name, " exists already"), {{"resource", std::string(name)}});
}

absl::Status EtagMismatch(absl::string_view name) {
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH",
               absl::StrCat(name, " changed since it was read"), {{"resource", std::string(name)}});
}

absl::Status Unavailable(absl::string_view message) {
  return Error(absl::StatusCode::kUnavailable, "UNAVAILABLE", message);
}

absl::Status Overloaded(absl::string_view queue) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(kRetryAfter)));
  absl::Status status =
      Error(absl::StatusCode::kResourceExhausted, "OVERLOADED",
            "more is asked than can be done; come back later", {{"queue", std::string(queue)}});
  status.SetPayload(kRetryInfoUrl, absl::Cord(retry.SerializeAsString()));
  return status;
}

absl::Status Internal(absl::string_view message) {
  return Error(absl::StatusCode::kInternal, "INTERNAL", message);
}

namespace {

google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (payload.has_value() && !info.ParseFromString(std::string(*payload))) info.Clear();
  return info;
}

}  // namespace

std::string ReasonOf(const absl::Status& status) { return InfoOf(status).reason(); }

Metadata MetadataOf(const absl::Status& status) {
  const google::rpc::ErrorInfo info = InfoOf(status);
  Metadata metadata(info.metadata().begin(), info.metadata().end());
  std::sort(metadata.begin(), metadata.end());
  return metadata;
}

}  // namespace vivier
