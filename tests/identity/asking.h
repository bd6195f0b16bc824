// Calls with any bearer token, in the text form of their requests, where $N stands for
// schools/nancy. Functions without state, thread-safe as World::CallRaw is.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "shared/service/channel.h"
#include "tests/support/world.h"

namespace vivier::testing {

inline std::string Bearer(const std::string& secret) { return "Bearer " + secret; }

template <class Request>
Request Read(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrReplaceAll(text, {{"$N", "schools/nancy"}}), &request))
      << text;
  const auto* id = Request::descriptor()->FindFieldByName("request_id");
  if (id != nullptr && request.GetReflection()->GetString(request, id).empty())
    request.GetReflection()->SetString(&request, id, RandomUuid());
  return request;
}

template <class Response, class Request>
absl::StatusOr<Response> Ask(World& world, const std::string& authorization,
                             const std::string& text) {
  const Request request = Read<Request>(text);
  const absl::StatusOr<std::string> bytes = world.CallRaw(
      *rpc::MethodTaking(*Request::descriptor()), request.SerializeAsString(), authorization);
  if (!bytes.ok()) return bytes.status();
  Response response;
  EXPECT_TRUE(response.ParseFromString(*bytes));
  return response;
}

// What becomes of it, "OK" or "CODE REASON": all that an outsider learns from a refusal, but for
// the name he gave.
template <class Request>
std::string Try(World& world, const std::string& authorization, const std::string& text) {
  const Request request = Read<Request>(text);
  const absl::Status status = world
                                  .CallRaw(*rpc::MethodTaking(*Request::descriptor()),
                                           request.SerializeAsString(), authorization)
                                  .status();
  return status.ok() ? "OK"
                     : absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonOf(status));
}

inline constexpr char kBadToken[] = "UNAUTHENTICATED TOKEN_INVALID";
inline constexpr char kDenied[] = "PERMISSION_DENIED NOT_ALLOWED";

// Ends the test where the call fails.
template <class Response, class Request>
Response Must(World& world, const std::string& text,
              const security::Caller& caller = World::Person()) {
  absl::StatusOr<Response> response =
      Ask<Response, Request>(world, world.Authorization(caller), text);
  EXPECT_TRUE(response.ok()) << Request::descriptor()->name() << " " << text << ": "
                             << response.status();
  return response.ok() ? *std::move(response) : Response();
}

}  // namespace vivier::testing
