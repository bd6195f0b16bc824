#include "shared/service/standard.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/util/field_mask_util.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/storage/rows/filter.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using storage::Schema;
using storage::Unit;

std::string Text(const pb::Message& message, const char* field) {
  const pb::FieldDescriptor* descriptor = message.GetDescriptor()->FindFieldByName(field);
  return descriptor == nullptr ? "" : message.GetReflection()->GetString(message, descriptor);
}

int Number(const pb::Message& message, const char* field) {
  return message.GetReflection()->GetInt32(message,
                                           message.GetDescriptor()->FindFieldByName(field));
}

// The field of a Create or Update request that holds the resource.
const pb::FieldDescriptor* ResourceField(const pb::Descriptor* request,
                                         const pb::Descriptor* resource) {
  for (int i = 0; i < request->field_count(); ++i)
    if (request->field(i)->message_type() == resource) return request->field(i);
  return nullptr;
}

// "schools/nancy" and "ai-1" give "schools/nancy/cohorts/ai-1": the collection is the resource's
// plural.
std::string ChildName(const Schema& schema, const std::string& parent, const std::string& id) {
  return absl::StrCat(parent, "/",
                      schema.descriptor()->options().GetExtension(google::api::resource).plural(),
                      "/", id);
}

absl::Status CopyOut(const pb::Message& from, pb::Message& response) {
  response.CopyFrom(from);
  return absl::OkStatus();
}

Handler Get(const Schema& schema) {
  return [&schema](Call& call, const pb::Message& request, pb::Message& response) -> absl::Status {
    const std::string name = Text(request, "name");
    ASSIGN_OR_RETURN(const pb::Message* found, call.unit().Find(schema, name));
    if (found == nullptr) return Missing(call, name);
    return CopyOut(*found, response);
  };
}

Handler List(const Schema& schema) {
  return [&schema](Call& call, const pb::Message& request, pb::Message& response) -> absl::Status {
    const pb::Reflection& reflection = *response.GetReflection();
    const pb::FieldDescriptor* items = response.GetDescriptor()->FindFieldByNumber(1);
    const Unit::Listed listed{Text(request, "parent"), Number(request, "page_size"),
                              Text(request, "page_token"), Text(request, "filter"),
                              Text(request, "order_by")};
    ASSIGN_OR_RETURN(const storage::Order order, ParseOrder(schema, listed.order_by));
    RETURN_IF_ERROR(ParseFilter(schema, listed.filter, order).status());
    ASSIGN_OR_RETURN(std::string token,
                     call.unit().List(schema, listed, [&](const pb::Message& row) {
                       reflection.AddMessage(&response, items)->CopyFrom(row);
                     }));
    reflection.SetString(&response, response.GetDescriptor()->FindFieldByName("next_page_token"),
                         std::move(token));
    return absl::OkStatus();
  };
}

// Looks whether the name is taken before `complete`, which may store rows beside the resource.
Handler Create(const Schema& schema, const pb::FieldDescriptor* resource, AnyBeforeStore complete) {
  const std::string id_field = resource->name() + "_id";
  return [&schema, resource, id_field, complete](Call& call, const pb::Message& request,
                                                 pb::Message& response) -> absl::Status {
    response.CopyFrom(request.GetReflection()->GetMessage(request, resource));
    const std::string name =
        ChildName(schema, Text(request, "parent"), Text(request, id_field.c_str()));
    ASSIGN_OR_RETURN(const pb::Message* existing, call.unit().Find(schema, name));
    if (existing != nullptr) return AlreadyExists(name);
    response.GetReflection()->SetString(&response,
                                        response.GetDescriptor()->FindFieldByName("name"), name);
    if (complete) RETURN_IF_ERROR(complete(call, nullptr, response));
    return call.unit().Insert(schema, response);
  };
}

bool IsServers(const pb::FieldDescriptor* field) {
  return Behaves(*field, google::api::OUTPUT_ONLY) || Behaves(*field, google::api::IMMUTABLE) ||
         Behaves(*field, google::api::IDENTIFIER) || field->name() == "name" ||
         field->name() == "etag";
}

absl::Status NoSuchField(const std::string& path) {
  return InvalidField("update_mask",
                      absl::StrCat("\"", path, "\" is no field that can be updated"));
}

// The caller's fields of a resource: all of them, or those that are set.
std::vector<const pb::FieldDescriptor*> CallersFields(const pb::Message& resource, bool all) {
  std::vector<const pb::FieldDescriptor*> fields;
  for (int i = 0; i < resource.GetDescriptor()->field_count(); ++i) {
    const pb::FieldDescriptor* field = resource.GetDescriptor()->field(i);
    if (!IsServers(field) && (all || IsSet(resource, *field))) fields.push_back(field);
  }
  return fields;
}

Handler Update(const Schema& schema, const pb::FieldDescriptor* resource, AnyBeforeStore complete) {
  return [&schema, resource, complete](Call& call, const pb::Message& request,
                                       pb::Message& response) -> absl::Status {
    const pb::Message& wanted = request.GetReflection()->GetMessage(request, resource);
    const std::string& name = schema.NameOf(wanted);
    ASSIGN_OR_RETURN(const pb::Message* before, call.unit().Find(schema, name));
    if (before == nullptr) return Missing(call, name);
    const absl::Status current = schema.CheckEtag(*before, Text(wanted, "etag"));
    response.CopyFrom(*before);
    RETURN_IF_ERROR(ApplyUpdate(request, wanted, response));
    const absl::Status completed = complete ? complete(call, before, response) : absl::OkStatus();
    // Whose row it is comes first: its version is told to nobody else.
    if (absl::IsPermissionDenied(completed)) return completed;
    RETURN_IF_ERROR(current);
    RETURN_IF_ERROR(completed);
    return call.unit().Update(schema, response);
  };
}

Handler Delete(const Schema& schema) {
  return [&schema](Call& call, const pb::Message& request, pb::Message&) -> absl::Status {
    const std::string name = Text(request, "name");
    ASSIGN_OR_RETURN(const pb::Message* found, call.unit().Find(schema, name));
    if (found == nullptr) return Missing(call, name);
    RETURN_IF_ERROR(schema.CheckEtag(*found, Text(request, "etag")));
    return call.unit().Delete(schema, name);
  };
}

}  // namespace

const pb::FieldMask* UpdateMaskOf(const pb::Message& request) {
  const pb::FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("update_mask");
  if (field == nullptr || !request.GetReflection()->HasField(request, field)) return nullptr;
  const auto& mask =
      static_cast<const pb::FieldMask&>(request.GetReflection()->GetMessage(request, field));
  return mask.paths_size() == 0 ? nullptr : &mask;
}

absl::StatusOr<std::vector<const pb::FieldDescriptor*>> UpdatedFields(const pb::FieldMask* mask,
                                                                      const pb::Message& wanted) {
  const bool whole = mask != nullptr && mask->paths_size() == 1 && mask->paths(0) == "*";
  if (mask == nullptr || whole) return CallersFields(wanted, whole);
  std::vector<const pb::FieldDescriptor*> fields;
  for (const std::string& path : mask->paths()) {
    const pb::FieldDescriptor* field = wanted.GetDescriptor()->FindFieldByName(path);
    if (field == nullptr || IsServers(field)) return NoSuchField(path);
    fields.push_back(field);
  }
  return fields;
}

absl::Status ApplyUpdate(const pb::Message& request, const pb::Message& wanted,
                         pb::Message& after) {
  ASSIGN_OR_RETURN(const std::vector<const pb::FieldDescriptor*> fields,
                   UpdatedFields(UpdateMaskOf(request), wanted));
  pb::FieldMask changed;
  for (const pb::FieldDescriptor* field : fields) {
    after.GetReflection()->ClearField(&after, field);
    changed.add_paths(field->name());
  }
  pb::util::FieldMaskUtil::MergeMessageTo(wanted, changed, {}, &after);
  return absl::OkStatus();
}

Handler StandardHandler(const pb::MethodDescriptor& method, const Schema& schema,
                        const AnyBeforeStore& complete) {
  const std::string& type = schema.descriptor()->name();
  std::string plural = schema.descriptor()->options().GetExtension(google::api::resource).plural();
  plural[0] = static_cast<char>(absl::ascii_toupper(static_cast<unsigned char>(plural[0])));
  const pb::FieldDescriptor* resource = ResourceField(method.input_type(), schema.descriptor());
  if (method.name() == "Get" + type) return Get(schema);
  if (method.name() == "List" + plural) return List(schema);
  if (method.name() == "Create" + type && resource != nullptr)
    return Create(schema, resource, complete);
  if (method.name() == "Update" + type && resource != nullptr)
    return Update(schema, resource, complete);
  if (method.name() == "Delete" + type) return Delete(schema);
  return nullptr;
}

}  // namespace vivier::rpc
