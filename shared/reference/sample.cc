#include "shared/reference/sample.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/api/field_info.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/type/date.pb.h"
#include "shared/base/message.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::reference {
namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;

constexpr int kDepthMax = 4;  // of messages in messages: a request has fewer
constexpr char kUuid[] = "3f0c8b1e-6d2a-4c57-9e41-7a5b2c8d9e10";

std::string SampleText(const FieldDescriptor& field) {
  if (field.options().GetExtension(google::api::field_info).format() ==
      google::api::FieldInfo::UUID4)
    return kUuid;
  const std::string& type = field.options().GetExtension(google::api::resource_reference).type();
  const pb::Descriptor* resource = type.empty() ? nullptr : rpc::ResourceType(type);
  if (resource != nullptr)
    return SampleName(resource->options().GetExtension(google::api::resource).pattern(0));
  if (type == "*") return "schools/nancy";
  if (field.name() == "update_mask") return "";
  return absl::StrReplaceAll(field.name(), {{"_", "-"}});
}

void Fill(pb::Message& message, int depth);

void SetMessage(pb::Message& message, const FieldDescriptor& field, int depth) {
  const pb::Reflection& reflection = *message.GetReflection();
  pb::Message* below = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                           : reflection.MutableMessage(&message, &field);
  if (auto* date = pb::DynamicCastToGenerated<google::type::Date>(below)) {
    date->set_year(2027);
    date->set_month(1);
    date->set_day(4);
  } else if (auto* time = pb::DynamicCastToGenerated<pb::Timestamp>(below)) {
    time->set_seconds(1'799'049'600);  // 2027-01-04T08:00:00Z
  } else if (depth < kDepthMax) {
    Fill(*below, depth + 1);
  }
}

int64_t SampleNumber(const FieldDescriptor& field) {
  return std::max<int64_t>(field.options().GetExtension(options::v1::limits).min(), 1);
}

void Set(pb::Message& message, const FieldDescriptor& field, int depth) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, field, depth);
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = SampleText(field);
      return many ? reflection.AddString(&message, &field, text)
                  : reflection.SetString(&message, &field, text);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = field.enum_type()->value(1)->number();  // the first that says something
      return many ? reflection.AddEnumValue(&message, &field, number)
                  : reflection.SetEnumValue(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = static_cast<int32_t>(SampleNumber(field));
      return many ? reflection.AddInt32(&message, &field, number)
                  : reflection.SetInt32(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? reflection.AddInt64(&message, &field, SampleNumber(field))
                  : reflection.SetInt64(&message, &field, SampleNumber(field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? reflection.AddBool(&message, &field, true)
                  : reflection.SetBool(&message, &field, true);
    default:
      return;  // the API has no others
  }
}

void Fill(pb::Message& message, int depth) {
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i)
    if (Behaves(*type.field(i), google::api::REQUIRED)) Set(message, *type.field(i), depth);
}

}  // namespace

std::string SampleName(const std::string& pattern) {
  std::vector<std::string> segments = absl::StrSplit(pattern, '/');
  for (std::string& segment : segments) {
    if (segment == "{school}") {
      segment = "nancy";
    } else if (!segment.empty() && segment.front() == '{') {
      segment = absl::StrCat(
          "my-", absl::StrReplaceAll(segment.substr(1, segment.size() - 2), {{"_", "-"}}));
    }
  }
  return absl::StrJoin(segments, "/");
}

std::unique_ptr<pb::Message> SampleOf(const pb::Descriptor& request) {
  std::unique_ptr<pb::Message> message = NewMessage(&request);
  Fill(*message, 0);
  return message;
}

std::string JsonOf(const pb::Message& message) {
  pb::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  if (!pb::util::MessageToJsonString(message, &json, options).ok()) return "";
  return json;
}

}  // namespace vivier::reference
