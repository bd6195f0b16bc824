#include "shared/service/method.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

bool IsText(const pb::FieldDescriptor* field) {
  return field != nullptr && field->type() == pb::FieldDescriptor::TYPE_STRING &&
         !field->is_repeated();
}

// name, else parent, else the name of the resource that the request carries (Update).
FieldPath TargetOf(const pb::Descriptor* request) {
  for (const char* field : {"name", "parent"})
    if (IsText(request->FindFieldByName(field))) return {request->FindFieldByName(field)};
  for (int i = 0; i < request->field_count(); ++i) {
    const pb::FieldDescriptor* field = request->field(i);
    if (field->message_type() == nullptr || field->is_repeated()) continue;
    const pb::FieldDescriptor* name = field->message_type()->FindFieldByName("name");
    if (IsText(name) && field->message_type()->options().HasExtension(google::api::resource))
      return {field, name};
  }
  return {};
}

// Where the target is the name of a stored resource, its table.
const storage::Schema* TargetSchema(const FieldPath& target, const std::string& service) {
  if (target.empty() || target.back()->name() != "name") return nullptr;
  const pb::Descriptor* resource =
      target.size() > 1
          ? target[0]->message_type()
          : ResourceType(target[0]->options().GetExtension(google::api::resource_reference).type());
  const bool stored = resource != nullptr && ServiceOf(resource->file()) == service &&
                      !resource->options().GetExtension(google::api::resource).plural().empty();
  return stored ? &storage::Schema::Of(resource) : nullptr;
}

std::string ListedBy(const pb::MethodDescriptor& method, const FieldPath& target) {
  if (!absl::StartsWith(method.name(), "List") ||
      !IsText(method.input_type()->FindFieldByName("filter")) || target.empty())
    return "";
  const pb::Descriptor* resource = ResourceType(
      target.back()->options().GetExtension(google::api::resource_reference).child_type());
  return resource == nullptr ? ""
                             : resource->options().GetExtension(google::api::resource).plural();
}

void CollectNames(const pb::Descriptor* type, FieldPath path, std::vector<Reference>& names) {
  if (path.size() > 4) return;  // requests are flat: a resource, and what it holds
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (field->is_map() || Behaves(*field, google::api::OUTPUT_ONLY)) continue;
    FieldPath here = path;
    here.push_back(field);
    // Rights are a list that services share, and may be given before there is what they reach.
    const bool shared = field->message_type() != nullptr && field->is_repeated() &&
                        field->message_type()->file()->package() != type->file()->package();
    if (field->message_type() != nullptr && !shared)
      CollectNames(field->message_type(), here, names);
    const std::string& target =
        field->options().GetExtension(google::api::resource_reference).type();
    const pb::Descriptor* resource = ResourceType(target);
    if (resource != nullptr)
      names.push_back({std::move(here), target, ServiceOf(resource->file())});
  }
}

// What the rpc's requests name, without what they are about. The items of a batch are requests of
// their own.
std::vector<Reference> NamesIn(const pb::MethodDescriptor& method) {
  std::vector<Reference> names;
  if (BatchShapeOf(method).has_value()) return names;
  CollectNames(method.input_type(), {}, names);
  const FieldPath target = TargetOf(method.input_type());
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const Reference& name) { return name.path == target; }),
              names.end());
  return names;
}

std::vector<Reference> OfOthers(const std::vector<Reference>& names, const std::string& service) {
  std::vector<Reference> others;
  for (const Reference& name : names)
    if (name.service != service) others.push_back(name);
  return others;
}

void CollectTexts(const pb::Message& holder, const FieldPath& path, size_t depth,
                  const std::string& prefix, std::vector<FoundText>& found) {
  const pb::Reflection& reflection = *holder.GetReflection();
  const pb::FieldDescriptor* field = path[depth];
  const bool last = depth + 1 == path.size();
  const std::string here = prefix + field->name();
  if (!field->is_repeated()) {
    if (!last) {
      if (reflection.HasField(holder, field))
        CollectTexts(reflection.GetMessage(holder, field), path, depth + 1, here + ".", found);
    } else if (std::string text = reflection.GetString(holder, field); !text.empty()) {
      found.push_back({here, std::move(text)});
    }
    return;
  }
  for (int i = 0; i < reflection.FieldSize(holder, field); ++i) {
    const std::string element = absl::StrCat(here, "[", i, "]");
    if (last)
      found.push_back({element, reflection.GetRepeatedString(holder, field, i)});
    else
      CollectTexts(reflection.GetRepeatedMessage(holder, field, i), path, depth + 1, element + ".",
                   found);
  }
}

bool HoldsPersonalData(const pb::Descriptor* type, std::set<const pb::Descriptor*>& seen) {
  if (!seen.insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (field->options().GetExtension(options::v1::pii)) return true;
    if (field->message_type() != nullptr && HoldsPersonalData(field->message_type(), seen))
      return true;
  }
  return false;
}

}  // namespace

std::string PathText(const FieldPath& path) {
  return absl::StrJoin(
      path, ".", [](std::string* out, const pb::FieldDescriptor* field) { *out += field->name(); });
}

std::string TextAt(const pb::Message& message, const FieldPath& path) {
  const pb::Message* holder = &message;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!holder->GetReflection()->HasField(*holder, path[i])) return "";
    holder = &holder->GetReflection()->GetMessage(*holder, path[i]);
  }
  return holder->GetReflection()->GetString(*holder, path.back());
}

std::vector<FoundText> TextsAt(const pb::Message& message, const FieldPath& path) {
  std::vector<FoundText> found;
  CollectTexts(message, path, 0, "", found);
  return found;
}

bool HoldsPersonalData(const pb::Descriptor* type) {
  std::set<const pb::Descriptor*> seen;
  return HoldsPersonalData(type, seen);
}

bool IsPermission(const std::string& permission) {
  static const auto& permissions = *[] {
    auto* asked = new std::set<std::string>;
    for (const std::string& service : TradeServices())
      for (const pb::MethodDescriptor* method : MethodsOf(service))
        asked->insert(method->options().GetExtension(options::v1::permission));
    for (const char* shared : {"site", "operations"})
      for (const pb::MethodDescriptor* method : MethodsOf(shared))
        asked->insert(method->options().GetExtension(options::v1::permission));
    return asked;
  }();
  return permissions.count(permission) > 0;
}

bool IsReferencedByOthers(const pb::Descriptor& resource) {
  static const auto& referenced = *[] {
    auto* types = new std::set<const pb::Descriptor*>;
    for (const std::string& service : TradeServices()) {
      for (const pb::MethodDescriptor* method : MethodsOf(service)) {
        if (method->options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS) continue;
        for (const Reference& reference : OfOthers(NamesIn(*method), service))
          types->insert(ResourceType(reference.type));
      }
    }
    return types;
  }();
  return referenced.count(&resource) > 0;
}

absl::StatusOr<Method> Describe(const pb::MethodDescriptor* descriptor) {
  const pb::Descriptor* request = descriptor->input_type();
  Method method;
  method.descriptor = descriptor;
  method.service = ServiceOf(descriptor->file());
  method.permission = descriptor->options().GetExtension(options::v1::permission);
  method.writes = descriptor->options().idempotency_level() != pb::MethodOptions::NO_SIDE_EFFECTS;
  method.personal = HoldsPersonalData(descriptor->output_type());
  method.request_bytes_max = descriptor->options().GetExtension(options::v1::request_bytes_max);
  if (method.request_bytes_max == 0) method.request_bytes_max = kRequestBytesMax;
  method.target = TargetOf(request);
  method.target_schema = TargetSchema(method.target, method.service);
  method.listed = ListedBy(*descriptor, method.target);
  method.standard_get = !method.writes && method.target_schema != nullptr &&
                        absl::StartsWith(descriptor->name(), "Get") &&
                        request->field_count() == 1 &&
                        descriptor->output_type()->options().HasExtension(google::api::resource);
  method.request_id = method.writes ? request->FindFieldByName("request_id") : nullptr;
  method.validate_only = request->FindFieldByName("validate_only");
  method.names = NamesIn(*descriptor);
  if (method.writes) method.references = OfOthers(method.names, method.service);
  method.batch = BatchShapeOf(*descriptor);

  std::vector<std::string> wrong;
  if (method.batch.has_value()) wrong = MisfitsOf(*descriptor, *method.batch);
  if (method.permission.empty()) wrong.push_back("declares no permission");
  if (method.target.empty()) wrong.push_back("has no name or parent to ask the permission for");
  if (method.writes &&
      (!IsText(method.request_id) || !Behaves(*method.request_id, google::api::REQUIRED)))
    wrong.push_back("writes without a REQUIRED request_id");
  if (absl::StartsWith(descriptor->name(), "List") &&
      !IsText(request->FindFieldByName("page_token")))
    wrong.push_back("lists without a page_token");
  if (method.request_bytes_max > kBulkRequestBytesMax)
    wrong.push_back("takes more than the bulk limit");
  if (!wrong.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
                 absl::StrCat(descriptor->full_name(), " ", absl::StrJoin(wrong, ", and ")));
  return method;
}

}  // namespace vivier::rpc
