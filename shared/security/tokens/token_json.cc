#include "shared/security/tokens/token_json.h"

#include <algorithm>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Struct;
using google::protobuf::Value;

absl::Status Invalid(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", why);
}

bool IsString(const Value& value) { return value.kind_case() == Value::kStringValue; }

bool HasShapeOf(const Value& value, const FieldDescriptor& field) {
  if (field.is_repeated() && value.kind_case() == Value::kListValue) {
    const auto& items = value.list_value().values();
    return std::all_of(items.begin(), items.end(), IsString);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return IsString(value);
  return value.kind_case() == Value::kNumberValue;
}

// A Struct is a map, and protobuf refuses to set a key of a map twice at any depth.
absl::Status CheckShape(const std::string& json, const google::protobuf::Descriptor& type) {
  Struct members;
  if (!google::protobuf::util::JsonStringToMessage(json, &members).ok())
    return Invalid("a part of the token is not a JSON object, or it names a member twice");
  if (members.fields().contains("crit"))
    return Invalid("the token demands an extension that is not supported");
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto member = members.fields().find(field.name());
    if (member != members.fields().end() && !HasShapeOf(member->second, field))
      return Invalid("a member of the token has the wrong type");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadTokenJson(absl::string_view text, google::protobuf::Message& message) {
  const std::string json(text);
  if (absl::Status shape = CheckShape(json, *message.GetDescriptor()); !shape.ok()) return shape;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(json, &message, options).ok())
    return Invalid("a member of the token is out of its range");
  return absl::OkStatus();
}

}  // namespace vivier::security
