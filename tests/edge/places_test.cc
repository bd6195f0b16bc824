// The edge's list of what outsiders may call is deploy/edge/locations.conf, which the program
// writes; this holds it against the services and their protos, by the rules by which nginx chooses
// a place for a path.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "services/modules.h"
#include "shared/command/edge_locations.h"
#include "shared/rpc/endpoint.h"
#include "shared/service/method.h"
#include "shared/web/server/limits.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

constexpr int kMessagePrefixBytes = 5;  // what gRPC puts before each message

std::filesystem::path Source() { return std::getenv("VIVIER_SOURCE"); }

// "location = PATH { … }" and its kin; a named one is only reached from within.
struct Place {
  std::string kind;  // "=" the path itself, "~" a pattern, "" a prefix
  std::string pattern;
  std::string body;
};

std::string Text(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(Source() / path).rdbuf();
  return text.str();
}

std::vector<Place> Places() {
  const std::string configuration =
      Text("deploy/edge/nginx.conf") + Text("deploy/edge/locations.conf");
  re2::StringPiece rest(configuration);
  std::vector<Place> places;
  Place place;
  while (RE2::FindAndConsume(&rest, R"(\n *location (?:([=~]) )?(\S+) \{([^}]*)\})", &place.kind,
                             &place.pattern, &place.body)) {
    if (place.pattern[0] != '@') places.push_back(place);
  }
  return places;
}

// https://nginx.org/en/docs/http/ngx_http_core_module.html#location: the path itself, else the
// first pattern that matches, else the longest prefix.
std::string BodyFor(const std::vector<Place>& places, const std::string& path) {
  for (const Place& place : places)
    if (place.kind == "=" && place.pattern == path) return place.body;
  for (const Place& place : places)
    if (place.kind == "~" && RE2::PartialMatch(path, place.pattern)) return place.body;
  Place longest;
  for (const Place& place : places)
    if (place.kind.empty() && absl::StartsWith(path, place.pattern) &&
        place.pattern.size() > longest.pattern.size())
      longest = place;
  return longest.body;
}

// Which tools ask what there is, in two versions.
const std::set<std::string> kReflection = {"grpc.reflection.v1.ServerReflection",
                                           "grpc.reflection.v1alpha.ServerReflection"};

// Every service of every proto of ours and of gRPC's that this program knows.
std::vector<const pb::ServiceDescriptor*> AllServices() {
  std::vector<const pb::ServiceDescriptor*> services;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Source() / "protos")) {
    if (entry.path().extension() != ".proto") continue;
    const std::string name = entry.path().lexically_relative(Source() / "protos").generic_string();
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; file != nullptr && i < file->service_count(); ++i)
      services.push_back(file->service(i));
  }
  return services;
}

std::set<const pb::ServiceDescriptor*> OutsidersServices() {
  std::set<const pb::ServiceDescriptor*> services;
  for (const site::Module& module : AllModules())
    for (const pb::MethodDescriptor* method : module.service.methods())
      services.insert(method->service());
  return services;
}

const pb::ServiceDescriptor* Operations() {
  return operations::v1::Operation::descriptor()->file()->service(0);
}

std::string BodySize(int request_bytes_max) {
  return absl::StrCat("client_max_body_size ", request_bytes_max + kMessagePrefixBytes, ";");
}

TEST(EdgePlaces, EachRpcOfAServiceIsPassedToItWithItsBodySize) {
  const std::vector<Place> places = Places();
  const std::string bulk_size = BodySize(rpc::kBulkRequestBytesMax);
  int bulk = 0;
  for (const pb::ServiceDescriptor* service : OutsidersServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const absl::StatusOr<rpc::Method> method = rpc::Describe(service->method(i));
      ASSERT_TRUE(method.ok()) << method.status();
      const std::string path = rpc::PathOf(*service->method(i));
      const std::string body = BodyFor(places, path);
      EXPECT_THAT(body,
                  testing::HasSubstr(absl::StrCat("grpc_pass $inside://", method->service, ";")))
          << path;
      const bool is_bulk = method->request_bytes_max > rpc::kRequestBytesMax;
      EXPECT_EQ(absl::StrContains(body, bulk_size), is_bulk) << path;
      bulk += is_bulk ? 1 : 0;
    }
  }
  EXPECT_GT(bulk, 0);
}

// The path does not say whose operation is meant, so the edge can take it to one service only: the
// one that has any.
TEST(EdgePlaces, OperationsAreAskedForWhereTheyRun) {
  const std::string body = BodyFor(Places(), rpc::PathOf(*Operations()->method(0)));
  int services = 0;
  for (const site::Module& module : AllModules()) {
    if (module.service.operations().empty()) continue;
    EXPECT_THAT(body, testing::HasSubstr(absl::StrCat("grpc_pass $inside://", module.name(), ";")));
    ++services;
  }
  EXPECT_EQ(services, 1);
}

TEST(EdgePlaces, EachOtherServiceIsForThoseInside) {
  const std::vector<Place> places = Places();
  std::set<const pb::ServiceDescriptor*> outsiders = OutsidersServices();
  outsiders.insert(Operations());
  std::set<std::string> inside;
  for (const pb::ServiceDescriptor* service : AllServices()) {
    if (outsiders.count(service) > 0 || kReflection.count(service->full_name()) > 0) continue;
    inside.insert(service->full_name());
    for (int i = 0; i < service->method_count(); ++i)
      EXPECT_EQ(BodyFor(places, rpc::PathOf(*service->method(i))), " deny all; ")
          << service->method(i)->full_name();
  }
  EXPECT_THAT(inside,
              testing::IsSupersetOf({"vivier.log.v1.LogService", "vivier.site.v1.SiteService",
                                     "grpc.health.v1.Health"}));
}

TEST(EdgePlaces, ReflectionIsAskedForWhereItAlwaysRuns) {
  for (const std::string& service : kReflection)
    EXPECT_THAT(BodyFor(Places(), absl::StrCat("/", service, "/ServerReflectionInfo")),
                testing::HasSubstr("grpc_pass $inside://access;"));
}

// A place names a package, or one rpc or some of a gRPC service.
TEST(EdgePlaces, EachPlaceIsOfAServiceThatIs) {
  std::set<std::string> names;
  std::set<const pb::ServiceDescriptor*> services = OutsidersServices();
  services.insert(Operations());
  for (const pb::ServiceDescriptor* service : services) {
    names.insert(service->full_name());
    names.insert(service->file()->package());
  }
  for (const Place& place : Places()) {
    if (place.pattern == "/" || place.pattern == "/-portal" ||
        absl::StartsWith(place.pattern, "/grpc.reflection."))
      continue;
    std::string pattern = place.pattern, name;
    RE2::GlobalReplace(&pattern, R"(\\)", "");
    ASSERT_TRUE(
        RE2::PartialMatch(pattern, "^\\^?/([A-Za-z0-9.]*[A-Za-z0-9])(/|\\.$|\\.\\[)", &name))
        << place.pattern;
    EXPECT_EQ(names.count(name), 1u) << place.pattern;
  }
}

TEST(EdgePlaces, AreThoseThatTheProgramWrites) {
  const absl::StatusOr<std::string> written = command::EdgeLocationsOf(AllModules());
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(Text("deploy/edge/locations.conf"), *written)
      << "run build/vivier edge-locations >deploy/edge/locations.conf";
}

// Neither protocol of the web has a heartbeat: nginx waits longer than a service takes, so a stream
// that is quiet is not broken off.
TEST(EdgePlaces, NginxWaitsLongerThanAServiceTakes) {
  static const RE2& timeout = *new RE2("(?:grpc|proxy)_read_timeout ([0-9]+)s;");
  const std::string text = Text("deploy/edge/nginx.conf");
  re2::StringPiece rest(text);
  int found = 0, seconds = 0;
  for (; RE2::FindAndConsume(&rest, timeout, &seconds); ++found) {
    EXPECT_GT(absl::Seconds(seconds), rpc::kMessageTimeout);
    EXPECT_GT(absl::Seconds(seconds), web::kDeadlineMax);
  }
  EXPECT_EQ(found, 2);
  EXPECT_GT(web::kStreamTime, rpc::kMessageTimeout);
}

TEST(EdgePlaces, TheHousesLimitHoldsElsewhere) {
  EXPECT_THAT(Text("deploy/edge/nginx.conf"),
              testing::HasSubstr("\n  " + BodySize(rpc::kRequestBytesMax)));
}

}  // namespace
}  // namespace vivier
