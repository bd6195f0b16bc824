#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/rpc/shown_persons.h"
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

std::string EffectOf(const rpc::Method& method) {
  if (method.batch.has_value())
    return absl::StrCat("a batch of ", method.batch->single->name(), ": each of up to ",
                        rpc::kBatchItemsMax,
                        " requests is a write of its own, below `parent`, with its own refusal; "
                        "the same request_id again does what is left");
  if (!method.writes) return "reads one snapshot";
  return "writes: one transaction, audited; a retry with the same request_id gets the stored "
         "answer";
}

absl::string_view KeptText(const rpc::Method& method) {
  if (method.personal)
    return ", holds personal data, encrypted where it is stored; whom it shows is audited and "
           "counted, never cached";
  if (rpc::ShowsPersons(method)) return ", shows persons: audited and counted, never cached";
  if (method.standard_get) return ", from the near cache where this process is the only writer";
  return "";
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
            << rpc::PathText(method.target) << "`\n"
            << "  effect       " << EffectOf(method) << "\n"
            << "  dry run      "
            << (method.validate_only != nullptr ? "validate_only" : "not offered") << "\n"
            << "  answer       " << descriptor.output_type()->full_name() << KeptText(method)
            << "\n"
            << "  request up to " << method.request_bytes_max << " bytes\n";
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

int Explain(const Arguments& arguments, Modules modules) {
  const pb::MethodDescriptor* descriptor =
      arguments.empty() ? nullptr : FindMethod(modules, arguments[0]);
  if (descriptor == nullptr)
    return Refuse(
        InvalidField("method", "is none, or several; `vivier call --list` names them all"));
  absl::StatusOr<rpc::Method> method = rpc::Describe(descriptor);
  if (!method.ok()) return Refuse(method.status());
  Print(*method, ModuleOf(modules, *descriptor));
  return 0;
}

}  // namespace vivier::command
