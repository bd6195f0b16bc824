#include "tests/api/api_rules.h"

#include <functional>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/field_info.pb.h"
#include "google/api/resource.pb.h"
#include "re2/re2.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

void AddMessage(const pb::Descriptor* message, Api& api) {
  if (message->options().map_entry()) return;
  api.messages.push_back(message);
  for (int i = 0; i < message->nested_type_count(); ++i) AddMessage(message->nested_type(i), api);
  for (int i = 0; i < message->enum_type_count(); ++i) api.enums.push_back(message->enum_type(i));
}

std::vector<const pb::FieldDescriptor*> Fields(const pb::Descriptor* message) {
  std::vector<const pb::FieldDescriptor*> fields;
  for (int i = 0; i < message->field_count(); ++i) fields.push_back(message->field(i));
  return fields;
}

bool Behaves(const pb::FieldDescriptor* field, google::api::FieldBehavior behavior) {
  for (int i = 0; i < field->options().ExtensionSize(google::api::field_behavior); ++i) {
    if (field->options().GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

bool IsString(const pb::FieldDescriptor* field) {
  return field != nullptr && field->type() == pb::FieldDescriptor::TYPE_STRING &&
         !field->is_repeated();
}

bool IsOurs(const pb::Descriptor* message) {
  return absl::StartsWith(message->full_name(), "vivier.");
}
bool IsResource(const pb::Descriptor* message) {
  return message->options().HasExtension(google::api::resource);
}
bool IsEvent(const pb::Descriptor* message) {
  return message->options().HasExtension(options::v1::event);
}
bool IsReference(const pb::FieldDescriptor* field) {
  return field->options().HasExtension(google::api::resource_reference);
}
bool IsRead(const pb::MethodDescriptor* method) {
  return method->options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS;
}

// Calls `visit` for each field of `message` and of our messages inside it, once per message, that
// `enter` lets pass.
void Walk(const pb::Descriptor* message,
          const std::function<bool(const pb::FieldDescriptor*)>& visit,
          std::set<const pb::Descriptor*>& seen) {
  if (!seen.insert(message).second) return;
  for (const pb::FieldDescriptor* field : Fields(message)) {
    if (!visit(field)) continue;
    if (field->message_type() != nullptr && IsOurs(field->message_type()))
      Walk(field->message_type(), visit, seen);
  }
}

void PermissionForm(const Api& api, Findings& findings) {
  static const RE2& form = *new RE2("[a-z]+([A-Z][a-z]+)*\\.[a-z]+([A-Z][a-z]+)*");
  for (const auto* method : api.methods) {
    const std::string& permission = method->options().GetExtension(options::v1::permission);
    if (!RE2::FullMatch(permission, form))
      findings.push_back(method->full_name() + " has \"" + permission + "\"");
  }
}

void ReadsSayTheyRead(const Api& api, Findings& findings) {
  static const RE2& verbs = *new RE2(
      "(Get|List|Watch|Wait|Follow|Compute|Check|Download|Explain|Export|Preview|Resolve|Search|"
      "Verify)[A-Z].*");
  for (const auto* method : api.methods) {
    if (RE2::FullMatch(method->name(), verbs) != IsRead(method))
      findings.push_back(method->full_name());
  }
}

void WritesHaveRequestId(const Api& api, Findings& findings) {
  for (const auto* method : api.methods) {
    if (IsRead(method)) continue;
    const pb::FieldDescriptor* id = method->input_type()->FindFieldByName("request_id");
    if (!IsString(id) || !Behaves(id, google::api::REQUIRED))
      findings.push_back(method->input_type()->full_name());
  }
}

void ListsPage(const Api& api, Findings& findings) {
  for (const auto* method : api.methods) {
    if (!absl::StartsWith(method->name(), "List")) continue;
    for (const char* name : {"page_size", "page_token", "filter"}) {
      if (method->input_type()->FindFieldByName(name) == nullptr) {
        findings.push_back(method->input_type()->full_name() + " lacks " + name);
      }
    }
    if (!IsString(method->output_type()->FindFieldByName("next_page_token"))) {
      findings.push_back(method->output_type()->full_name() + " lacks next_page_token");
    }
  }
}

void OneRequestOneRpc(const Api& api, Findings& findings) {
  std::map<const pb::Descriptor*, std::vector<std::string>> rpcs;
  for (const auto* method : api.methods) rpcs[method->input_type()].push_back(method->full_name());
  for (const auto& [request, names] : rpcs) {
    if (names.size() > 1 || IsResource(request)) {
      findings.push_back(request->full_name() + " of " + absl::StrJoin(names, ", "));
    }
  }
}

// Fields that the adapter bounds for the whole house.
bool HasHouseBound(const pb::FieldDescriptor* field) {
  static const auto& names = *new std::set<std::string>{
      "name", "parent", "request_id", "page_token", "filter", "order_by", "etag", "update_mask"};
  return IsReference(field) || names.count(field->name()) > 0 ||
         field->options().GetExtension(google::api::field_info).format() ==
             google::api::FieldInfo::UUID4;
}

void RequestsAreBounded(const Api& api, Findings& findings) {
  std::set<const pb::Descriptor*> seen;
  const auto visit = [&findings](const pb::FieldDescriptor* field) {
    if (Behaves(field, google::api::OUTPUT_ONLY)) return false;
    const options::v1::Limits& limits = field->options().GetExtension(options::v1::limits);
    const bool is_text = field->type() == pb::FieldDescriptor::TYPE_STRING ||
                         field->type() == pb::FieldDescriptor::TYPE_BYTES;
    if (field->is_repeated() && limits.max_items() <= 0)
      findings.push_back(field->full_name() + " lacks max_items");
    if (is_text && limits.max_length() <= 0 && !HasHouseBound(field)) {
      findings.push_back(field->full_name() + " lacks max_length");
    }
    return !field->is_map();
  };
  for (const auto* method : api.methods) Walk(method->input_type(), visit, seen);
}

void PersonalDataHaveAPerson(const Api& api, Findings& findings) {
  for (const auto* message : api.messages) {
    if (!IsResource(message) && !IsEvent(message)) continue;
    bool personal = false;
    std::set<const pb::Descriptor*> seen;
    Walk(
        message,
        [&personal](const pb::FieldDescriptor* field) {
          personal = personal || field->options().GetExtension(options::v1::pii);
          return true;
        },
        seen);
    const std::string& person = message->options().GetExtension(options::v1::person);
    if ((personal || !person.empty()) && !IsString(message->FindFieldByName(person))) {
      findings.push_back(message->full_name() + " has person \"" + person + "\"");
    }
  }
}

void ResourcesAreNamed(const Api& api, Findings& findings) {
  for (const auto* message : api.messages) {
    if (!IsResource(message)) continue;
    const google::api::ResourceDescriptor& resource =
        message->options().GetExtension(google::api::resource);
    for (const char* name : {"name", "etag"}) {
      if (!IsString(message->FindFieldByName(name)))
        findings.push_back(message->full_name() + " lacks " + name);
    }
    if (resource.type() != "vivier.fr/" + message->name())
      findings.push_back(message->full_name() + " has another type");
    if (resource.plural().empty()) findings.push_back(message->full_name() + " lacks a plural");
    for (const std::string& pattern : resource.pattern()) {
      if (!absl::StartsWith(pattern, "schools/{school}"))
        findings.push_back(message->full_name() + " in no school");
    }
  }
}

void ReferencesResolve(const Api& api, Findings& findings) {
  std::set<std::string> types;
  for (const auto* message : api.messages) {
    if (IsResource(message))
      types.insert(message->options().GetExtension(google::api::resource).type());
  }
  for (const auto* message : api.messages) {
    for (const auto* field : Fields(message)) {
      const auto& reference = field->options().GetExtension(google::api::resource_reference);
      for (const std::string& type : {reference.type(), reference.child_type()}) {
        if (!type.empty() && type != "*" && types.count(type) == 0) {
          findings.push_back(field->full_name() + " refers to " + type);
        }
      }
    }
  }
}

void StatesAreOutputOnly(const Api& api, Findings& findings) {
  for (const auto* message : api.messages) {
    if (!IsResource(message)) continue;
    for (const auto* field : Fields(message)) {
      const bool is_state =
          field->enum_type() != nullptr && absl::EndsWith(field->enum_type()->name(), "State");
      if (is_state && !Behaves(field, google::api::OUTPUT_ONLY))
        findings.push_back(field->full_name());
    }
  }
}

void EventsHaveASubject(const Api& api, Findings& findings) {
  for (const auto* message : api.messages) {
    if (!IsEvent(message)) continue;
    const std::string& subject = message->options().GetExtension(options::v1::event).subject();
    const pb::FieldDescriptor* field = message->FindFieldByName(subject);
    if (!IsString(field) || !IsReference(field)) {
      findings.push_back(message->full_name() + " has subject \"" + subject + "\"");
    }
  }
}

void SealedLogsErase(const Api& api, Findings& findings) {
  std::set<std::string> erasing;  // packages
  for (const auto* message : api.messages) {
    const std::string& erases = message->options().GetExtension(options::v1::erases);
    if (erases.empty()) continue;
    erasing.insert(message->file()->package());
    const pb::FieldDescriptor* names = message->FindFieldByName(erases);
    const bool texts = names != nullptr && names->is_repeated() &&
                       names->type() == pb::FieldDescriptor::TYPE_STRING;
    if (!texts || !message->options().GetExtension(options::v1::person).empty())
      findings.push_back(message->full_name() + " erases \"" + erases + "\"");
  }
  for (const auto* message : api.messages) {
    const bool sealed =
        IsEvent(message) && !message->options().GetExtension(options::v1::person).empty();
    if (sealed && erasing.count(message->file()->package()) == 0)
      findings.push_back(message->full_name());
  }
}

// "SubmitAppReq", "app_req" and "APP_REQ" alike: submit, app, req.
std::vector<std::string> Words(std::string name) {
  RE2::GlobalReplace(&name, "([a-z0-9])([A-Z])", "\\1_\\2");
  return absl::StrSplit(absl::AsciiStrToLower(name), '_', absl::SkipEmpty());
}

void NamesAreWords(const Api& api, Findings& findings) {
  static const auto& abbreviations = *new std::set<std::string>{
      "acct",   "addr", "amt",  "app",  "appl", "attr",  "auth", "avg",  "calc", "cfg",
      "cnt",    "conf", "ctx",  "cur",  "curr", "dept",  "desc", "dest", "doc",  "docs",
      "dob",    "dt",   "edu",  "err",  "evt",  "freq",  "idx",  "img",  "impl", "init",
      "lang",   "len",  "loc",  "mgr",  "misc", "msg",   "num",  "obj",  "org",  "param",
      "params", "pct",  "perm", "pos",  "pref", "prev",  "prog", "qty",  "recv", "ref",
      "refs",   "reg",  "req",  "res",  "resp", "sched", "seq",  "sess", "src",  "stat",
      "stats",  "str",  "svc",  "temp", "tmp",  "tot",   "usr",  "val",  "var"};
  const auto check = [&findings](const std::string& name, const std::string& full_name) {
    for (const std::string& word : Words(name)) {
      if (abbreviations.count(word) > 0) findings.push_back(full_name + " has \"" + word + "\"");
    }
  };
  for (const auto* method : api.methods) check(method->name(), method->full_name());
  for (const auto* message : api.messages) {
    check(message->name(), message->full_name());
    for (const auto* field : Fields(message)) check(field->name(), field->full_name());
  }
  for (const auto* type : api.enums) {
    check(type->name(), type->full_name());
    for (int i = 0; i < type->value_count(); ++i)
      check(type->value(i)->name(), type->value(i)->full_name());
  }
}

// The rpc that an item of a batch is a request of, null where the method is no batch.
const pb::MethodDescriptor* SingleOf(const Api& api, const pb::MethodDescriptor& batch) {
  const pb::FieldDescriptor* items = batch.input_type()->FindFieldByName("requests");
  for (const auto* method : api.methods)
    if (items != nullptr && items->is_repeated() && items->message_type() == method->input_type())
      return method;
  return nullptr;
}

// Whether a result is a oneof of what the single rpc answers and google.rpc.Status, and no more.
bool IsResultOf(const pb::Descriptor& result, const pb::MethodDescriptor& single) {
  if (result.field_count() != 2 || result.real_oneof_decl_count() != 1) return false;
  std::set<std::string> types;
  for (const pb::FieldDescriptor* field : Fields(&result))
    if (field->real_containing_oneof() != nullptr && field->message_type() != nullptr)
      types.insert(field->message_type()->full_name());
  return types == std::set<std::string>{single.output_type()->full_name(), "google.rpc.Status"};
}

void BatchesAreOfOneShape(const Api& api, Findings& findings) {
  constexpr int kItemsMax = 1000, kBytesMax = 4 * 1024 * 1024;
  for (const auto* method : api.methods) {
    const pb::MethodDescriptor* single = SingleOf(api, *method);
    if ((single != nullptr) != absl::StartsWith(method->name(), "Batch"))
      findings.push_back(method->full_name() + " is called Batch or is one, and not both");
    if (single == nullptr) continue;
    const auto option = [](const pb::MethodDescriptor* of) {
      return of->options().GetExtension(options::v1::permission);
    };
    if (option(method) != option(single))
      findings.push_back(method->full_name() + " asks another permission than its single rpc");
    if (method->options().GetExtension(options::v1::request_bytes_max) != kBytesMax)
      findings.push_back(method->full_name() + " takes no bulk request");
    const pb::Descriptor* request = method->input_type();
    if (request->FindFieldByName("requests")
            ->options()
            .GetExtension(options::v1::limits)
            .max_items() != kItemsMax)
      findings.push_back(request->full_name() + " does not take 1000 items");
    for (const char* name : {"parent", "requests"}) {
      const pb::FieldDescriptor* field = request->FindFieldByName(name);
      if (field == nullptr || !Behaves(field, google::api::REQUIRED))
        findings.push_back(request->full_name() + " does not require " + name);
    }
    const auto tries = [](const pb::Descriptor* of) {
      return of->FindFieldByName("validate_only") != nullptr;
    };
    if (tries(request) != tries(single->input_type()))
      findings.push_back(request->full_name() + " differs in validate_only");
    const pb::FieldDescriptor* results = method->output_type()->FindFieldByName("results");
    if (results == nullptr || !results->is_repeated() || results->message_type() == nullptr ||
        !IsResultOf(*results->message_type(), *single))
      findings.push_back(method->output_type()->full_name() + " has no results of its single rpc");
  }
}

// AIP-191: vivier.enrolment.v1 is fr.vivier.enrolment.v1 in Java, vivier.fr/enrolment/v1 in Go and
// Vivier.Enrolment.V1 in C#.
void GeneratedCodeHasAPlace(const Api& api, Findings& findings) {
  std::set<const pb::FileDescriptor*> files;
  for (const auto* message : api.messages) files.insert(message->file());
  for (const pb::FileDescriptor* file : files) {
    if (!absl::StartsWith(file->package(), "vivier.")) continue;
    const std::vector<std::string> words = absl::StrSplit(file->package(), '.');
    const absl::Span<const std::string> below = absl::MakeSpan(words).subspan(1);
    const pb::FileOptions& options = file->options();
    std::string csharp = file->package();
    for (size_t i = 0; i < csharp.size(); ++i)
      if (i == 0 || csharp[i - 1] == '.') csharp[i] = absl::ascii_toupper(csharp[i]);
    if (options.java_package() != "fr." + file->package() || !options.java_multiple_files() ||
        !absl::EndsWith(options.java_outer_classname(), "Proto"))
      findings.push_back(file->name() + " has no place in Java");
    if (options.go_package() !=
        absl::StrCat("vivier.fr/", absl::StrJoin(below, "/"), ";", absl::StrJoin(below, "")))
      findings.push_back(file->name() + " has no place in Go");
    if (options.csharp_namespace() != csharp)
      findings.push_back(file->name() + " has no place in C#");
  }
}

const ApiRule kRules[] = {
    {"PermissionForm", "what an rpc needs is collection.verb, so that roles can be read by people",
     PermissionForm},
    {"ReadsSayTheyRead",
     "the adapter sends a NO_SIDE_EFFECTS rpc to a reader, so the option may not lie",
     ReadsSayTheyRead},
    {"WritesHaveRequestId", "without the caller's id a retry is a second effect",
     WritesHaveRequestId},
    {"ListsPage", "a list without pages works until the school grows", ListsPage},
    {"OneRequestOneRpc", "the rpc is found from the handler's request type", OneRequestOneRpc},
    {"BatchesAreOfOneShape",
     "the adapter serves a batch by its descriptor, as many requests of its single rpc",
     BatchesAreOfOneShape},
    {"RequestsAreBounded", "what has no bound is an attack or an accident in waiting",
     RequestsAreBounded},
    {"PersonalDataHaveAPerson",
     "personal data are sealed with a person's key, so we must know whose",
     PersonalDataHaveAPerson},
    {"ResourcesAreNamed", "the table's key is the school and the name, its version the etag",
     ResourcesAreNamed},
    {"ReferencesResolve", "a reference to a type that nobody declares is never checked",
     ReferencesResolve},
    {"StatesAreOutputOnly", "a state changes by an rpc that checks, never by assignment (AIP-216)",
     StatesAreOutputOnly},
    {"EventsHaveASubject", "followers keep the order of the events of one subject",
     EventsHaveASubject},
    {"SealedLogsErase",
     "only a log that has the erasure itself knows when its followers need a key no more",
     SealedLogsErase},
    {"NamesAreWords", "an API is read more often than it is typed", NamesAreWords},
    {"GeneratedCodeHasAPlace",
     "partners generate clients in their own languages, and a package moves for all of them",
     GeneratedCodeHasAPlace},
};

}  // namespace

void AddFile(const pb::FileDescriptor& file, Api& api) {
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(file.message_type(i), api);
  for (int i = 0; i < file.enum_type_count(); ++i) api.enums.push_back(file.enum_type(i));
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j)
      api.methods.push_back(file.service(i)->method(j));
  }
}

absl::Span<const ApiRule> ApiRules() { return kRules; }

}  // namespace vivier
