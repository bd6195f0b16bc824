// What buf cannot see: the house's rules of API design, checked over the descriptors of every
// .proto of ours. Each rule says why it exists. Two tests: our protos break none, and each rule
// finds the breach that is planted for it, so that a rule which finds nothing any more does not
// stay green.
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/field_info.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;
using Findings = std::vector<std::string>;

// ---- reading descriptors
// -------------------------------------------------------------------------------------------

struct Api {
  std::vector<const pb::MethodDescriptor*> methods;
  std::vector<const pb::Descriptor*> messages;  // nested ones too, map entries not
  std::vector<const pb::EnumDescriptor*> enums;
};

void AddMessage(const pb::Descriptor* message, Api& api) {
  if (message->options().map_entry()) return;
  api.messages.push_back(message);
  for (int i = 0; i < message->nested_type_count(); ++i) AddMessage(message->nested_type(i), api);
  for (int i = 0; i < message->enum_type_count(); ++i) api.enums.push_back(message->enum_type(i));
}

void AddFile(const pb::FileDescriptor& file, Api& api) {
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(file.message_type(i), api);
  for (int i = 0; i < file.enum_type_count(); ++i) api.enums.push_back(file.enum_type(i));
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j)
      api.methods.push_back(file.service(i)->method(j));
  }
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

// ---- the rules
// -----------------------------------------------------------------------------------------------------

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
      "(Get|List|Watch|Wait|Follow|Compute|Check|Explain|Export|Preview|Search|Verify)[A-Z].*");
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
      "name", "parent", "request_id", "page_token", "filter", "etag", "update_mask"};
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

struct Rule {
  const char* name;
  const char* why;
  void (*check)(const Api&, Findings&);
};

const Rule kRules[] = {
    {"PermissionForm", "what an rpc needs is collection.verb, so that roles can be read by people",
     PermissionForm},
    {"ReadsSayTheyRead",
     "the adapter sends a NO_SIDE_EFFECTS rpc to a reader, so the option may not lie",
     ReadsSayTheyRead},
    {"WritesHaveRequestId", "without the caller's id a retry is a second effect",
     WritesHaveRequestId},
    {"ListsPage", "a list without pages works until the school grows", ListsPage},
    {"OneRequestOneRpc", "the rpc is found from the handler's request type", OneRequestOneRpc},
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
};

// ---- the tests
// -----------------------------------------------------------------------------------------------------

Api OurApi() {
  const char* source = std::getenv("VIVIER_SOURCE");
  EXPECT_NE(source, nullptr) << "ctest sets VIVIER_SOURCE to the root of the repository";
  const std::filesystem::path root =
      std::filesystem::path(source == nullptr ? "." : source) / "protos";
  Api api;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "vivier")) {
    if (entry.path().extension() != ".proto") continue;
    const std::string name = entry.path().lexically_relative(root).generic_string();
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) {
      ADD_FAILURE() << name << " is not compiled in";
      continue;
    }
    AddFile(*file, api);
  }
  return api;
}

TEST(ApiRules, OurProtosKeepThem) {
  const Api api = OurApi();
  EXPECT_GT(api.methods.size(), 0u);
  for (const Rule& rule : kRules) {
    Findings findings;
    rule.check(api, findings);
    EXPECT_TRUE(findings.empty()) << rule.name << ": " << rule.why << "\n  "
                                  << absl::StrJoin(findings, "\n  ");
  }
}

// A small API that keeps every rule; each row plants one breach in it.
constexpr char kClean[] = R"(
syntax = "proto3";
package vivier.planted.v1;
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "vivier/options/v1/erasure.proto";
import "vivier/options/v1/options.proto";
service ThingService {
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (vivier.options.v1.permission) = "things.list";
  }
  rpc PaintThing(PaintThingRequest) returns (Thing) { option (vivier.options.v1.permission) = "things.paint"; }
}
message Thing {
  option (google.api.resource) = {
    type: "vivier.fr/Thing" pattern: "schools/{school}/things/{thing}" plural: "things" singular: "thing"
  };
  option (vivier.options.v1.person) = "owner";
  enum State { STATE_UNSPECIFIED = 0; PAINTED = 1; }
  string name = 1;
  string etag = 2;
  State state = 3 [(google.api.field_behavior) = OUTPUT_ONLY];
  string owner = 4 [(google.api.resource_reference).type = "vivier.fr/Thing"];
  string label = 5 [(vivier.options.v1.pii) = true, (vivier.options.v1.limits) = {max_length: 9}];
  repeated int32 sizes = 6 [(vivier.options.v1.limits) = {max_items: 9}];
}
message ListThingsRequest { string parent = 1; int32 page_size = 2; string page_token = 3; string filter = 4; }
message ListThingsResponse { repeated Thing things = 1; string next_page_token = 2; }
message PaintThingRequest {
  string name = 1;
  string request_id = 2 [(google.api.field_behavior) = REQUIRED];
  Thing thing = 3;
}
message ThingPainted {
  option (vivier.options.v1.event) = {subject: "thing"};
  option (vivier.options.v1.person) = "thing";
  string thing = 1 [(google.api.resource_reference).type = "vivier.fr/Thing"];
}
message OwnerErased {
  option (vivier.options.v1.event) = {subject: "owner"};
  option (vivier.options.v1.erases) = "owners";
  string owner = 1 [(google.api.resource_reference).type = "vivier.fr/Thing"];
  repeated string owners = 2;
}
)";

class Collector : public pb::io::ErrorCollector, public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(int line, int, const std::string& message) override {
    ADD_FAILURE() << line << ": " << message;
  }
  void AddError(const std::string&, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& message) override {
    ADD_FAILURE() << element << ": " << message;
  }
};

// The API of a .proto given as text; `pool` owns its descriptors.
Api Compile(const std::string& text, pb::DescriptorPool& pool) {
  Collector collector;
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  pb::io::Tokenizer tokenizer(&stream, &collector);
  pb::compiler::Parser parser;
  parser.RecordErrorsTo(&collector);
  pb::FileDescriptorProto proto;
  proto.set_name("planted.proto");
  Api api;
  if (!parser.Parse(&tokenizer, &proto)) return api;
  if (const pb::FileDescriptor* file = pool.BuildFileCollectingErrors(proto, &collector))
    AddFile(*file, api);
  return api;
}

Findings FindingsIn(const std::string& text, const Rule& rule) {
  pb::DescriptorPool pool(pb::DescriptorPool::generated_pool());
  Findings findings;
  rule.check(Compile(text, pool), findings);
  return findings;
}

struct Planted {
  const char* rule;
  const char* instead_of;
  const char* text;
  const char* finding;
};

const Planted kPlanted[] = {
    {"PermissionForm", "\"things.paint\"", "\"paint\"", "ThingService.PaintThing has \"paint\""},
    {"PermissionForm", "option (vivier.options.v1.permission) = \"things.paint\";", "",
     "PaintThing has \"\""},
    {"ReadsSayTheyRead", "option idempotency_level = NO_SIDE_EFFECTS;", "",
     "ThingService.ListThings"},
    {"ReadsSayTheyRead", "rpc PaintThing", "rpc GetThing", "ThingService.GetThing"},
    {"WritesHaveRequestId", "string request_id = 2 [(google.api.field_behavior) = REQUIRED];", "",
     "PaintThingRequest"},
    {"WritesHaveRequestId", "[(google.api.field_behavior) = REQUIRED]", "", "PaintThingRequest"},
    {"ListsPage", "string page_token = 3;", "", "ListThingsRequest lacks page_token"},
    {"ListsPage", "string next_page_token = 2;", "", "ListThingsResponse lacks next_page_token"},
    {"OneRequestOneRpc", "ListThings(ListThingsRequest)", "ListThings(PaintThingRequest)",
     "ListThings, vivier."},
    {"OneRequestOneRpc", "PaintThing(PaintThingRequest)", "PaintThing(Thing)", "Thing of vivier."},
    {"RequestsAreBounded", "{max_length: 9}", "{pattern: \"x*\"}", "Thing.label lacks max_length"},
    {"RequestsAreBounded", "{max_items: 9}", "{}", "Thing.sizes lacks max_items"},
    {"RequestsAreBounded", "  Thing thing = 3;", "  bytes image = 3;",
     "PaintThingRequest.image lacks max_length"},
    {"PersonalDataHaveAPerson", "option (vivier.options.v1.person) = \"owner\";", "",
     "Thing has person \"\""},
    {"PersonalDataHaveAPerson", "person) = \"owner\"", "person) = \"holder\"",
     "Thing has person \"holder\""},
    {"ResourcesAreNamed", "string etag = 2;", "", "Thing lacks etag"},
    {"ResourcesAreNamed", "type: \"vivier.fr/Thing\" pattern", "type: \"vivier.fr/Theme\" pattern",
     "another type"},
    {"ResourcesAreNamed", "plural: \"things\"", "", "lacks a plural"},
    {"ResourcesAreNamed", "\"schools/{school}/things", "\"networks/{network}/things",
     "in no school"},
    {"ReferencesResolve", ".type = \"vivier.fr/Thing\"];\n}", ".type = \"vivier.fr/Think\"];\n}",
     "vivier.fr/Think"},
    {"StatesAreOutputOnly", "[(google.api.field_behavior) = OUTPUT_ONLY]", "", "Thing.state"},
    {"EventsHaveASubject", "subject: \"thing\"", "subject: \"think\"",
     "ThingPainted has subject \"think\""},
    {"EventsHaveASubject", "[(google.api.resource_reference).type = \"vivier.fr/Thing\"];\n}",
     ";\n}", "ThingPainted"},
    {"SealedLogsErase", "option (vivier.options.v1.erases) = \"owners\";", "", "ThingPainted"},
    {"SealedLogsErase", "erases) = \"owners\"", "erases) = \"owner\"",
     "OwnerErased erases \"owner\""},
    {"NamesAreWords", "string label", "string label_desc", "Thing.label_desc has \"desc\""},
    {"NamesAreWords", "message ThingPainted", "message ThingMsg", "ThingMsg has \"msg\""},
    {"NamesAreWords", "PAINTED = 1", "TMP_PAINTED = 1", "TMP_PAINTED has \"tmp\""},
};

TEST(ApiRules, ACleanApiHasNoFinding) {
  for (const Rule& rule : kRules)
    EXPECT_THAT(FindingsIn(kClean, rule), testing::IsEmpty()) << rule.name;
}

TEST(ApiRules, EachFindsItsPlantedBreach) {
  std::set<std::string> proved;
  for (const Planted& row : kPlanted) {
    const std::string text = absl::StrReplaceAll(kClean, {{row.instead_of, row.text}});
    ASSERT_NE(text, kClean) << "nothing planted by " << row.instead_of;
    for (const Rule& rule : kRules) {
      if (rule.name != std::string(row.rule)) continue;
      proved.insert(rule.name);
      EXPECT_THAT(FindingsIn(text, rule), testing::Contains(testing::HasSubstr(row.finding)))
          << row.instead_of;
    }
  }
  EXPECT_EQ(proved.size(), std::size(kRules)) << "every rule needs a row that breaks it";
}

}  // namespace
}  // namespace vivier
