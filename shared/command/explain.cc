#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/reference/api_pages.h"
#include "shared/rpc/views.h"
#include "shared/service/method.h"
#include "shared/storage/rows/filter.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::command {
namespace {

namespace pb = google::protobuf;

// Null for an rpc that every service's process has.
const site::Module* ModuleOf(const Modules& modules, const pb::MethodDescriptor& method) {
  for (const site::Module& module : modules)
    if (module.name() == rpc::ServiceOf(method.file())) return &module;
  return nullptr;
}

std::string LimitsText(const options::v1::Limits& limits) {
  std::string text = limits.ShortDebugString();
  return text.empty() ? "" : absl::StrCat("  ", text);
}

bool IsPersonal(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::pii);
}

void PrintFields(const pb::Descriptor& type, const std::string& indent, int depth) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    std::cout << indent << field.name() << (field.is_repeated() ? "[]" : "")
              << LimitsText(field.options().GetExtension(options::v1::limits))
              << (IsPersonal(field) ? "  personal data, encrypted" : "") << "\n";
    if (field.message_type() != nullptr && depth < 2 &&
        field.message_type()->file()->package().rfind("vivier", 0) == 0)
      PrintFields(*field.message_type(), indent + "  ", depth + 1);
  }
}

// Whose views are not of all.
void PrintViews(const rpc::Method& method) {
  const rpc::Views views(method);
  for (const auto& [type, by_holder] : views.types())
    for (const auto& [holder, fields] : by_holder)
      if (!fields.all())
        std::cout << "  shows        " << holder << " of " << type->name() << ": "
                  << absl::StrJoin(fields.Paths(*type), ", ") << "\n";
}

void PrintListed(const rpc::Method& method, const storage::Schema& schema) {
  const auto& resource = schema.descriptor()->options().GetExtension(google::api::resource);
  if (method.listed != resource.plural()) return;
  std::cout << "  filter by    " << absl::StrJoin(storage::FilterableFields(schema), ", ")
            << ": =, OR of values of one field, AND; a range of the field of order_by\n"
            << "  order_by     one of the same, with or without \" desc\"\n";
}

void Print(const rpc::Method& method, const site::Module* module) {
  const pb::MethodDescriptor& descriptor = *method.descriptor;
  std::cout << descriptor.full_name() << "\n"
            << "  permission   " << method.permission << " on the school of `"
            << rpc::PathText(method.target) << "`" << reference::PublicText(method) << "\n"
            << "  effect       " << reference::EffectOf(method) << "\n"
            << "  dry run      "
            << (method.validate_only != nullptr ? "validate_only" : "not offered") << "\n"
            << "  answer       " << descriptor.output_type()->full_name()
            << reference::KeptText(method) << "\n"
            << "  request up to " << method.request_bytes_max << " bytes\n";
  PrintViews(method);
  const auto& operation = descriptor.options().GetExtension(options::v1::operation);
  if (!operation.response().empty())
    std::cout << "  goes on      in steps; tells " << operation.metadata() << ", answers "
              << operation.response() << "\n";
  PrintFields(*descriptor.input_type(), "    ", 0);
  for (const rpc::Reference& reference : method.references)
    std::cout << "  fetches      " << rpc::PathText(reference.path) << ": " << reference.type
              << " of " << reference.service << "\n";
  if (module == nullptr) return;
  for (const storage::Schema* schema : module->service.schemas()) PrintListed(method, *schema);
  for (const storage::Schema* schema : module->service.schemas())
    if (schema->descriptor() == descriptor.output_type() || schema == method.target_schema)
      std::cout << "  table        " << schema->table() << "\n";
  for (const rpc::Service::EventReaction& reaction : module->service.reactions())
    std::cout << "  its service reacts to " << reaction.event->full_name() << "\n";
}

}  // namespace

absl::StatusOr<int> Explain(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const pb::MethodDescriptor* descriptor, FindMethod(modules, line.Argument(0)));
  ASSIGN_OR_RETURN(const rpc::Method method, rpc::Describe(descriptor));
  Print(method, ModuleOf(modules, *descriptor));
  return 0;
}

}  // namespace vivier::command
