#include "shared/reference/api_pages.h"

#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "re2/re2.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/reference/sample.h"
#include "shared/rpc/shown_persons.h"
#include "shared/security/roles.h"
#include "vivier/errors/v1/errors.pb.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::reference {
namespace {

namespace pb = google::protobuf;

// A comment in a cell of a table.
std::string InCell(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\n\n", " "}, {"\n", " "}, {"|", "\\|"}});
}

std::string FirstSentence(const std::string& text) {
  const size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::string TypeOf(const pb::FieldDescriptor& field) {
  const std::string name = field.message_type() != nullptr ? field.message_type()->name()
                           : field.enum_type() != nullptr  ? field.enum_type()->name()
                                                           : field.type_name();
  return field.is_map() ? "map" : field.is_repeated() ? absl::StrCat("list of ", name) : name;
}

std::string BoundsOf(const pb::FieldDescriptor& field) {
  const options::v1::Limits& limits = field.options().GetExtension(options::v1::limits);
  std::vector<std::string> bounds;
  if (Behaves(field, google::api::REQUIRED)) bounds.push_back("required");
  if (Behaves(field, google::api::OUTPUT_ONLY)) bounds.push_back("answered only");
  if (Behaves(field, google::api::IMMUTABLE)) bounds.push_back("fixed once made");
  if (limits.max_length() > 0)
    bounds.push_back(
        absl::StrCat("up to ", limits.max_length(),
                     field.type() == pb::FieldDescriptor::TYPE_BYTES ? " bytes" : " characters"));
  if (!limits.pattern().empty()) bounds.push_back(absl::StrCat("`", limits.pattern(), "`"));
  if (limits.max_items() > 0) bounds.push_back(absl::StrCat("up to ", limits.max_items()));
  if (limits.min() != 0 || limits.max() != 0)
    bounds.push_back(absl::StrCat(limits.min(), " to ", limits.max()));
  if (field.options().deprecated()) bounds.push_back("deprecated");
  if (field.options().GetExtension(options::v1::pii)) bounds.push_back("personal data");
  return InCell(absl::StrJoin(bounds, ", "));
}

// All reasons that the service's process may give, by name.
std::map<std::string, const pb::EnumValueDescriptor*> ReasonsOf(const std::string& service) {
  std::map<std::string, const pb::EnumValueDescriptor*> reasons;
  const auto add = [&reasons](const pb::EnumDescriptor& type) {
    for (int i = 1; i < type.value_count(); ++i)
      reasons.emplace(type.value(i)->name(), type.value(i));
  };
  for (const pb::FileDescriptor* file : rpc::FilesOf(service))
    if (const pb::EnumDescriptor* own = file->FindEnumTypeByName("Reason")) add(*own);
  add(*errors::v1::Reason_descriptor());
  return reasons;
}

// The page of one service.
class Page {
 public:
  Page(const std::string& service, const CommentedProtos& protos)
      : service_(service), protos_(protos), reasons_(ReasonsOf(service)) {}

  std::string Print() {
    Line(absl::StrCat("# ", service_, "\n"));
    Line("What holds for every rpc stands in the [index](README.md).\n");
    for (const pb::ServiceDescriptor* part : rpc::GrpcServicesOf(service_)) {
      Line(absl::StrCat("## ", part->name(), "\n\n", protos_.CommentOf(*part), "\n"));
      for (int i = 0; i < part->method_count(); ++i) Rpc(*part->method(i));
    }
    Resources();
    Reasons();
    return std::move(text_);
  }

 private:
  void Line(const std::string& line) { absl::StrAppend(&text_, line, "\n"); }

  void Rpc(const pb::MethodDescriptor& descriptor) {
    Line(absl::StrCat("### ", descriptor.name(), "\n\n", protos_.CommentOf(descriptor), "\n"));
    if (descriptor.options().deprecated()) Line("**Deprecated.**\n");
    const absl::StatusOr<rpc::Method> method = rpc::Describe(&descriptor);
    if (!method.ok()) return Line(std::string(method.status().message()));
    Line(absl::StrCat("- permission `", method->permission, "`, on the school of `",
                      rpc::PathText(method->target), "`", PublicText(*method)));
    Line(absl::StrCat("- ", EffectOf(*method)));
    if (method->validate_only != nullptr) Line("- `validate_only` tries it without doing it");
    Line(absl::StrCat("- takes `", descriptor.input_type()->name(), "`, up to ",
                      method->request_bytes_max, " bytes; answers ",
                      descriptor.server_streaming() ? "a stream of `" : "`",
                      descriptor.output_type()->name(), "`", KeptText(*method)));
    const auto& operation = descriptor.options().GetExtension(options::v1::operation);
    if (!operation.response().empty())
      Line(absl::StrCat("- goes on in steps; tells `", operation.metadata(), "`, answers `",
                        operation.response(), "` in the end"));
    Refusals(descriptor);
    Events(*method);
    Line("");
    Fields(*descriptor.input_type());
    Example(descriptor);
  }

  // The reasons that the comment names.
  void Refusals(const pb::MethodDescriptor& descriptor) {
    static const RE2& word = *new RE2("\\b([A-Z][A-Z_]+[A-Z])\\b");
    const std::string comment = protos_.CommentOf(descriptor);
    re2::StringPiece rest(comment);
    std::string name;
    std::map<std::string, const pb::EnumValueDescriptor*> named;
    while (RE2::FindAndConsume(&rest, word, &name))
      if (const auto found = reasons_.find(name); found != reasons_.end()) named.insert(*found);
    if (named.empty()) return;
    Line(absl::StrCat("- refused with ",
                      absl::StrJoin(named, "; ", [this](std::string* out, const auto& reason) {
                        absl::StrAppend(out, "`", reason.first, "` (",
                                        InCell(protos_.CommentOf(*reason.second)), ")");
                      })));
  }

  // The events of the service that are about resources of the rpc's kind.
  void Events(const rpc::Method& method) {
    if (method.target_schema == nullptr || !method.writes) return;
    const std::string type =
        method.target_schema->descriptor()->options().GetExtension(google::api::resource).type();
    std::vector<std::string> events;
    for (const pb::FileDescriptor* file : rpc::FilesOf(service_))
      for (int i = 0; i < file->message_type_count(); ++i)
        if (IsAbout(*file->message_type(i), type))
          events.push_back(absl::StrCat("`", file->message_type(i)->name(), "`"));
    if (!events.empty())
      Line(absl::StrCat("- events about such a resource: ", absl::StrJoin(events, ", ")));
  }

  static bool IsAbout(const pb::Descriptor& message, const std::string& type) {
    const std::string& subject = message.options().GetExtension(options::v1::event).subject();
    const pb::FieldDescriptor* field = message.FindFieldByName(subject);
    return field != nullptr &&
           field->options().GetExtension(google::api::resource_reference).type() == type;
  }

  void Fields(const pb::Descriptor& type) {
    if (type.field_count() == 0) return;
    Line("| field | type | bounds | |");
    Line("|---|---|---|---|");
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      Line(absl::StrCat("| `", field.name(), "` | ", TypeOf(field), " | ", BoundsOf(field), " | ",
                        InCell(protos_.CommentOf(field)), " |"));
    }
    Line("");
  }

  void Example(const pb::MethodDescriptor& descriptor) {
    if (descriptor.server_streaming()) return;  // curl has no frames
    Line("```sh");
    Line(absl::StrCat("curl \"$SITE/", descriptor.service()->full_name(), "/", descriptor.name(),
                      "\" \\\n  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: "
                      "application/json' \\\n  -d '",
                      absl::StripAsciiWhitespace(JsonOf(*SampleOf(*descriptor.input_type()))),
                      "'"));
    Line("```\n");
  }

  void Resources() {
    Line("## Resources\n");
    for (const pb::FileDescriptor* file : rpc::FilesOf(service_))
      for (int i = 0; i < file->message_type_count(); ++i) {
        const pb::Descriptor& type = *file->message_type(i);
        if (!type.options().HasExtension(google::api::resource)) continue;
        const auto& resource = type.options().GetExtension(google::api::resource);
        Line(absl::StrCat("### ", type.name(), "\n\n", protos_.CommentOf(type), "\n\n`",
                          resource.pattern(0), "`\n"));
        Fields(type);
      }
  }

  void Reasons() {
    Line("## Reasons\n\n| reason | |\n|---|---|");
    for (const auto& [name, value] : reasons_)
      if (value->type() != errors::v1::Reason_descriptor())
        Line(absl::StrCat("| `", name, "` | ", InCell(protos_.CommentOf(*value)), " |"));
  }

  const std::string service_;
  const CommentedProtos& protos_;
  const std::map<std::string, const pb::EnumValueDescriptor*> reasons_;
  std::string text_;
};

std::string IndexPage(const CommentedProtos& protos) {
  std::string text =
      "# The API\n\nEvery rpc is called by gRPC, and over HTTP by `POST /SERVICE/RPC` with JSON. "
      "The examples take `$SITE`, the site's address, and `$TOKEN`, the caller's token.\n\n"
      "An error carries one `google.rpc.ErrorInfo` with the domain `vivier`, a reason and "
      "metadata. A write takes a `request_id`, a UUID: the same one again gets the first answer. "
      "A list is read page by page by `page_token`.\n\n| service | rpcs | |\n|---|---|---|\n";
  for (const std::string& service : PagedServices())
    for (const pb::ServiceDescriptor* part : rpc::GrpcServicesOf(service))
      absl::StrAppend(&text, "| [", service, "](", service, ".md) `", part->name(), "` | ",
                      part->method_count(), " | ", InCell(FirstSentence(protos.CommentOf(*part))),
                      " |\n");
  absl::StrAppend(&text, "\n## Reasons of every service\n\n| reason | |\n|---|---|\n");
  const pb::EnumDescriptor& reasons = *errors::v1::Reason_descriptor();
  for (int i = 1; i < reasons.value_count(); ++i)
    absl::StrAppend(&text, "| `", reasons.value(i)->name(), "` | ",
                    InCell(protos.CommentOf(*reasons.value(i))), " |\n");
  return text;
}

}  // namespace

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

absl::string_view PublicText(const rpc::Method& method) {
  return security::IsPublic(method.permission)
             ? ", public: anybody may ask it, without a token, within narrower limits"
             : "";
}

absl::string_view KeptText(const rpc::Method& method) {
  if (method.personal)
    return ", holds personal data, encrypted where it is stored; whom it shows is audited and "
           "counted, never cached";
  if (rpc::ShowsPersons(method)) return ", shows persons: audited and counted, never cached";
  if (method.standard_get) return ", from the near cache where this process is the only writer";
  return "";
}

std::vector<std::string> PagedServices() {
  std::vector<std::string> services = rpc::TradeServices();
  services.insert(services.end(), {"operations", "site", "log"});
  return services;
}

std::string ApiPage(const std::string& service, const CommentedProtos& protos) {
  return Page(service, protos).Print();
}

absl::Status WriteApiPages(const std::string& folder) {
  const CommentedProtos protos;
  RETURN_IF_ERROR(WriteNamed("DIR", folder + "/README.md", IndexPage(protos)));
  for (const std::string& service : PagedServices())
    RETURN_IF_ERROR(
        WriteNamed("DIR", absl::StrCat(folder, "/", service, ".md"), ApiPage(service, protos)));
  return absl::OkStatus();
}

}  // namespace vivier::reference
