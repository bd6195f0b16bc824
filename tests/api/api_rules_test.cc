// Two tests of the rules of API design: our protos break none, and each rule finds the breach that
// is planted for it, so that a rule which finds nothing any more does not stay green.
#include "tests/api/api_rules.h"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

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
  for (const ApiRule& rule : ApiRules()) {
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
import "google/rpc/status.proto";
import "vivier/options/v1/erasure.proto";
import "vivier/options/v1/options.proto";
option csharp_namespace = "Vivier.Planted.V1";
option go_package = "vivier.fr/planted/v1;plantedv1";
option java_multiple_files = true;
option java_outer_classname = "PlantedProto";
option java_package = "fr.vivier.planted.v1";
service ThingService {
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (vivier.options.v1.permission) = "things.list";
  }
  rpc PaintThing(PaintThingRequest) returns (Thing) {
    option (vivier.options.v1.permission) = "things.paint";
  }
  rpc BatchPaintThings(BatchPaintThingsRequest) returns (BatchPaintThingsResponse) {
    option (vivier.options.v1.permission) = "things.paint" ;
    option (vivier.options.v1.request_bytes_max) = 4194304;
  }
}
message Thing {
  option (google.api.resource) = {
    type: "vivier.fr/Thing" pattern: "schools/{school}/things/{thing}"
    plural: "things" singular: "thing"
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
message ListThingsRequest {
  string parent = 1; int32 page_size = 2; string page_token = 3; string filter = 4;
}
message ListThingsResponse { repeated Thing things = 1; string next_page_token = 2; }
message PaintThingRequest {
  string name = 1;
  string request_id = 2 [(google.api.field_behavior) = REQUIRED];
  Thing thing = 3;
}
message BatchPaintThingsRequest {
  string parent = 1 [(google.api.field_behavior) = REQUIRED] ;
  repeated PaintThingRequest requests = 2 [
    (google.api.field_behavior) = REQUIRED, (vivier.options.v1.limits) = {max_items: 1000}
  ];
  string request_id = 3 [(google.api.field_behavior) = REQUIRED] ;
}
message BatchPaintThingsResponse {
  message Result { oneof outcome { Thing done = 1; google.rpc.Status error = 2; } }
  repeated Result results = 1;
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

Findings FindingsIn(const std::string& text, const ApiRule& rule) {
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
    {"BatchesAreOfOneShape", "permission) = \"things.paint\" ;", "permission) = \"things.list\";",
     "asks another permission"},
    {"BatchesAreOfOneShape", "option (vivier.options.v1.request_bytes_max) = 4194304;", "",
     "takes no bulk request"},
    {"BatchesAreOfOneShape", "{max_items: 1000}", "{max_items: 5000}", "1000 items"},
    {"BatchesAreOfOneShape", "string parent = 1 [(google.api.field_behavior) = REQUIRED] ;",
     "string parent = 1;", "does not require parent"},
    {"BatchesAreOfOneShape", "string request_id = 3 [(google.api.field_behavior) = REQUIRED] ;",
     "string request_id = 3 [(google.api.field_behavior) = REQUIRED]; bool validate_only = 4;",
     "differs in validate_only"},
    {"BatchesAreOfOneShape", "oneof outcome { Thing done", "oneof outcome { ThingPainted done",
     "no results of its single rpc"},
    {"BatchesAreOfOneShape", "rpc BatchPaintThings", "rpc PaintThings",
     "is called Batch or is one"},
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
    {"GeneratedCodeHasAPlace", "option java_multiple_files = true;", "", "no place in Java"},
    {"GeneratedCodeHasAPlace", "vivier.fr/planted", "vivier.fr/painted", "no place in Go"},
    {"GeneratedCodeHasAPlace", "Vivier.Planted", "Vivier.planted", "no place in C#"},
    {"NamesAreWords", "PAINTED = 1", "TMP_PAINTED = 1", "TMP_PAINTED has \"tmp\""},
};

TEST(ApiRules, ACleanApiHasNoFinding) {
  for (const ApiRule& rule : ApiRules())
    EXPECT_THAT(FindingsIn(kClean, rule), testing::IsEmpty()) << rule.name;
}

TEST(ApiRules, EachFindsItsPlantedBreach) {
  std::set<std::string> proved;
  for (const Planted& row : kPlanted) {
    const std::string text = absl::StrReplaceAll(kClean, {{row.instead_of, row.text}});
    ASSERT_NE(text, kClean) << "nothing planted by " << row.instead_of;
    for (const ApiRule& rule : ApiRules()) {
      if (rule.name != std::string(row.rule)) continue;
      proved.insert(rule.name);
      EXPECT_THAT(FindingsIn(text, rule), testing::Contains(testing::HasSubstr(row.finding)))
          << row.instead_of;
    }
  }
  EXPECT_EQ(proved.size(), ApiRules().size()) << "every rule needs a row that breaks it";
}

}  // namespace
}  // namespace vivier
