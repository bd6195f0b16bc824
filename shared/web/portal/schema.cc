#include "shared/web/portal/schema.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

bool Behaves(const pb::FieldDescriptor& field, google::api::FieldBehavior behavior) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i)
    if (field.options().GetExtension(google::api::field_behavior, i) == behavior) return true;
  return false;
}

std::string KindOf(const pb::FieldDescriptor& field) {
  if (field.is_map()) return "map";
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return absl::StartsWith(field.message_type()->full_name(), "google.protobuf.") ? "json"
                                                                                     : "message";
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return "enum";
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return "bool";
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return field.type() == pb::FieldDescriptor::TYPE_BYTES ? "bytes" : "string";
    default:
      return "number";
  }
}

class Schema {
 public:
  void Add(const std::string& path, const Route& route) {
    const pb::MethodDescriptor& method = *route.method;
    pb::Struct rpc;
    auto& fields = *rpc.mutable_fields();
    fields["path"].set_string_value(path);
    fields["service"].set_string_value(method.service()->full_name());
    fields["name"].set_string_value(method.name());
    fields["permission"].set_string_value(method.options().GetExtension(options::v1::permission));
    fields["input"].set_string_value(method.input_type()->full_name());
    fields["reads"].set_bool_value(route.reads());
    fields["streams"].set_bool_value(route.streams());
    rpcs_[path] = std::move(rpc);
    AddMessage(*method.input_type());
  }

  std::string Json() const {
    pb::Struct all;
    auto& fields = *all.mutable_fields();
    auto& rpcs = *fields["rpcs"].mutable_list_value();
    for (const auto& [path, rpc] : rpcs_) *rpcs.add_values()->mutable_struct_value() = rpc;
    *fields["messages"].mutable_struct_value() = messages_;
    *fields["enums"].mutable_struct_value() = enums_;
    std::string json;
    return pb::util::MessageToJsonString(all, &json).ok() ? json : "{}";
  }

 private:
  void AddMessage(const pb::Descriptor& type) {
    if (!seen_.insert(type.full_name()).second) return;
    pb::ListValue list;
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      if (Behaves(field, google::api::OUTPUT_ONLY)) continue;
      auto& parts = *list.add_values()->mutable_struct_value()->mutable_fields();
      const std::string kind = KindOf(field);
      parts["name"].set_string_value(field.json_name());
      parts["kind"].set_string_value(kind);
      parts["repeated"].set_bool_value(field.is_repeated());
      parts["required"].set_bool_value(Behaves(field, google::api::REQUIRED));
      if (kind == "message") {
        parts["type"].set_string_value(field.message_type()->full_name());
        AddMessage(*field.message_type());
      } else if (kind == "enum") {
        parts["type"].set_string_value(field.enum_type()->full_name());
        AddEnum(*field.enum_type());
      }
    }
    *(*messages_.mutable_fields())[type.full_name()].mutable_list_value() = std::move(list);
  }

  void AddEnum(const pb::EnumDescriptor& type) {
    pb::ListValue values;
    for (int i = 0; i < type.value_count(); ++i)
      values.add_values()->set_string_value(type.value(i)->name());
    *(*enums_.mutable_fields())[type.full_name()].mutable_list_value() = std::move(values);
  }

  std::map<std::string, pb::Struct> rpcs_;
  std::set<std::string> seen_;
  pb::Struct messages_, enums_;
};

}  // namespace

std::string SchemaOf(const Routes& routes) {
  Schema schema;
  for (const auto& [path, route] : routes) schema.Add(path, route);
  return schema.Json();
}

}  // namespace vivier::web
