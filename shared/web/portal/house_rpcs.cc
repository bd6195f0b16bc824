#include "shared/web/portal/house_rpcs.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/web/json.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

absl::Status NotServed(const char* path) {
  return Unavailable(std::string(path) + " is not served by this site");
}

}  // namespace

HouseRpcs::HouseRpcs(const Routes& routes) {
  for (const char* path : {kOpenSession, kCheckSession, kUseSession, kEndSession, kRedeemLink})
    if (const auto route = routes.find(path); route != routes.end()) routes_.insert(*route);
}

void HouseRpcs::Start(const char* path, const std::string& json, const std::string& authorization,
                      std::function<void(absl::Status)> done) const {
  const auto route = routes_.find(path);
  if (route == routes_.end()) return done(NotServed(path));
  const absl::StatusOr<std::string> request = FromJson(*route->second.method->input_type(), json);
  if (!request.ok()) return done(request.status());
  rpc::CallOptions options;
  options.authorization = authorization;
  route->second.channel->Start(
      path, *request, options,
      [done = std::move(done)](absl::StatusOr<std::string> answer) { done(answer.status()); });
}

absl::StatusOr<pb::Struct> HouseRpcs::Ask(const char* path, const std::string& json,
                                          const std::string& authorization) const {
  const auto route = routes_.find(path);
  if (route == routes_.end()) return NotServed(path);
  ASSIGN_OR_RETURN(const std::string request, FromJson(*route->second.method->input_type(), json));
  rpc::CallOptions options;
  options.authorization = authorization;
  ASSIGN_OR_RETURN(const std::string answer, route->second.channel->Call(path, request, options));
  ASSIGN_OR_RETURN(const std::string text, ToJson(*route->second.method->output_type(), answer));
  return ObjectOf(text);
}

std::string JsonOf(const HouseRpcs::Fields& fields) {
  pb::Struct object;
  for (const auto& [name, value] : fields) {
    pb::Struct* holder = &object;
    const std::vector<std::string> path = absl::StrSplit(name, '.');
    for (size_t i = 0; i + 1 < path.size(); ++i)
      holder = (*holder->mutable_fields())[path[i]].mutable_struct_value();
    (*holder->mutable_fields())[path.back()].set_string_value(value);
  }
  std::string json;
  return pb::util::MessageToJsonString(object, &json).ok() ? json : "{}";
}

std::string TextOf(const pb::Struct& object, const std::string& field) {
  const auto found = object.fields().find(field);
  return found == object.fields().end() ? "" : found->second.string_value();
}

absl::StatusOr<pb::Struct> ObjectOf(const std::string& json) {
  pb::Struct object;
  if (!pb::util::JsonStringToMessage(json, &object).ok())
    return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                 "the body is no JSON object");
  return object;
}

}  // namespace vivier::web
