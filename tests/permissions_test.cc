// Roles and rpcs are written by different hands in different files; this holds them against each
// other. A grant that covers no rpc is a misspelling or a left-over, and an rpc that no role but
// the director's may call is a feature that nobody can use; and a service that may not read what
// its requests refer to refuses them all.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "shared/rpc/shown_persons.h"
#include "shared/security/roles.h"
#include "shared/service/method.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

std::vector<const pb::MethodDescriptor*> Methods() {
  std::vector<const pb::MethodDescriptor*> methods;
  const std::filesystem::path root = std::filesystem::path(std::getenv("VIVIER_SOURCE")) / "protos";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "vivier")) {
    if (entry.path().extension() != ".proto") continue;
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(
        entry.path().lexically_relative(root).generic_string());
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j)
        methods.push_back(file->service(i)->method(j));
    }
  }
  return methods;
}

std::string PermissionOf(const pb::MethodDescriptor* method) {
  return method->options().GetExtension(options::v1::permission);
}

// Permission → the rpc that asks for it.
std::map<std::string, std::string> DeclaredPermissions() {
  std::map<std::string, std::string> permissions;
  for (const pb::MethodDescriptor* method : Methods())
    permissions[PermissionOf(method)] = method->full_name();
  return permissions;
}

// What anybody holds beyond "*".
std::set<std::string> Patterns(absl::Span<const security::Grant> grants) {
  std::set<std::string> patterns;
  for (const security::Grant& grant : grants) {
    for (absl::string_view pattern : grant.permissions) patterns.insert(std::string(pattern));
  }
  patterns.erase("*");
  return patterns;
}

void ExpectEachCoversAnRpc(absl::Span<const security::Grant> grants) {
  const auto declared = DeclaredPermissions();
  for (const security::Grant& grant : grants) {
    for (absl::string_view pattern : grant.permissions) {
      bool covers = false;
      for (const auto& [permission, rpc] : declared)
        covers = covers || security::Covers(pattern, permission);
      EXPECT_TRUE(covers) << grant.holder << " has " << pattern << ", for which no rpc asks";
    }
  }
}

TEST(Permissions, EachGrantOfARoleCoversAnRpc) { ExpectEachCoversAnRpc(security::RoleGrants()); }

TEST(Permissions, EachGrantOfABearerCoversAnRpc) {
  ExpectEachCoversAnRpc(security::BearerGrants());
}

TEST(Permissions, EachGrantOfAServiceCoversAnRpc) {
  ExpectEachCoversAnRpc(security::ServiceGrants());
}

// What only the head of a school may do.
bool IsTheDirectors(const std::string& permission) {
  static const auto& permissions = *new std::set<std::string>(absl::StrSplit(
      "schools.update datedTimeZones.announce members.create members.update members.delete "
      "memberCredentials.issue memberCredentials.revoke "
      "memberships.get memberships.list memberships.update invitations.create invitations.get "
      "invitations.list invitations.delete partnerClients.create partnerClients.get "
      "partnerClients.list partnerClients.rotate partnerClients.delete roles.create roles.get "
      "roles.list roles.update roles.delete",
      ' '));
  return permissions.count(permission) > 0;
}

TEST(Permissions, EachRpcMayBeCalledBySomebody) {
  std::set<std::string> patterns = Patterns(security::RoleGrants());
  patterns.merge(Patterns(security::ServiceGrants()));
  patterns.merge(Patterns(security::BearerGrants()));
  for (const auto& [permission, rpc] : DeclaredPermissions()) {
    bool held = false;
    for (const std::string& pattern : patterns)
      held = held || security::Covers(pattern, permission);
    EXPECT_NE(held, IsTheDirectors(permission)) << rpc << " needs " << permission;
  }
}

// Whoever shows nothing reads what is said in one answer and tells of nobody.
TEST(Permissions, WhatIsPublicTellsOfNobodyAndChangesNothing) {
  int found = 0;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (!security::IsPublic(PermissionOf(method))) continue;
    ++found;
    EXPECT_EQ(method->options().idempotency_level(), pb::MethodOptions::NO_SIDE_EFFECTS)
        << method->full_name();
    EXPECT_FALSE(method->server_streaming()) << method->full_name();
    const auto described = rpc::Describe(method);
    ASSERT_TRUE(described.ok()) << described.status();
    EXPECT_FALSE(described->batch.has_value()) << method->full_name();
    for (const pb::Descriptor* type : {method->input_type(), method->output_type()}) {
      EXPECT_FALSE(rpc::ShowsPersons(*type)) << type->full_name() << " names persons";
      EXPECT_FALSE(rpc::HoldsPersonalData(type)) << type->full_name() << " holds what is theirs";
    }
  }
  EXPECT_GE(found, 5);
  // The test can fail.
  EXPECT_FALSE(security::IsPublic("candidates.get"));
  EXPECT_TRUE(rpc::ShowsPersons(*pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "vivier.enrolment.v1.Candidate")));
}

// The rpc that gets a resource "vivier.fr/Cohort" of a service "enrolment".
const pb::MethodDescriptor* GetOf(const rpc::Reference& reference) {
  for (const pb::MethodDescriptor* method : Methods()) {
    const std::string get = "Get" + reference.type.substr(reference.type.find('/') + 1);
    if (method->name() == get && rpc::ServiceOf(method->file()) == reference.service) return method;
  }
  return nullptr;
}

TEST(Permissions, EachServiceMayReadWhatItsRequestsReferTo) {
  int references = 0;
  for (const pb::MethodDescriptor* method : Methods()) {
    const absl::StatusOr<rpc::Method> described = rpc::Describe(method);
    ASSERT_TRUE(described.ok()) << described.status();
    security::Caller service;
    service.kind = security::Caller::Kind::kService;
    service.subject = "spiffe://network/school/nancy/service/" + described->service;
    service.roles = {"service"};
    service.schools = {"nancy"};
    for (const rpc::Reference& reference : described->references) {
      const pb::MethodDescriptor* get = GetOf(reference);
      ASSERT_NE(get, nullptr) << method->full_name() << " refers to " << reference.type
                              << ", which no rpc gets";
      EXPECT_TRUE(security::Allows(service, PermissionOf(get), "nancy"))
          << described->service << " needs " << PermissionOf(get) << " for " << method->full_name();
      ++references;
    }
  }
  EXPECT_GT(references, 0);
}

}  // namespace
}  // namespace vivier
