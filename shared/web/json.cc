#include "shared/web/json.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/unicode.h"
#include "shared/formats/json_error.h"
#include "shared/web/server/limits.h"

namespace vivier::web {

namespace pb = google::protobuf;

namespace {

constexpr size_t kReasonBytesMax = 300;  // the parser quotes what it does not understand

}  // namespace

absl::StatusOr<std::string> FromJson(const pb::Descriptor& type, const std::string& json) {
  const auto malformed = [&type](absl::string_view why) {
    return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                 absl::StrCat("the body is no JSON of a ", type.name(), ": ", why));
  };
  if (!IsText(json)) return malformed("it is not UTF-8");
  const auto parts =
      std::count_if(json.begin(), json.end(), [](char c) { return c == '{' || c == '['; });
  if (parts > kJsonPartsMax)
    return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                 absl::StrCat("the JSON has more than ", kJsonPartsMax, " objects and lists"));
  const std::unique_ptr<pb::Message> message = NewMessage(&type);
  const auto parsed = pb::util::JsonStringToMessage(json, message.get());
  if (parsed.ok()) return message->SerializeAsString();
  const std::string said =
      formats::JsonFault(absl::string_view(parsed.message().data(), parsed.message().size()));
  const absl::string_view why(said);
  return malformed(why.substr(0, TextBytes(why.substr(0, kReasonBytesMax))));
}

absl::StatusOr<std::string> ToJson(const pb::Descriptor& type, const std::string& bytes) {
  const std::unique_ptr<pb::Message> message = NewMessage(&type);
  std::string json;
  if (!message->ParseFromString(bytes) || !pb::util::MessageToJsonString(*message, &json).ok())
    return Internal("the answer is no message of its type");
  return json;
}

}  // namespace vivier::web
