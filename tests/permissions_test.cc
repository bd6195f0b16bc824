// Roles and rpcs are written by different hands in different files; this holds them against each other. A grant that
// covers no rpc is a misspelling or a left-over, and an rpc that no role but the director's may call is a feature that
// nobody can use.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "shared/security/roles.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

// Permission → the rpc that asks for it.
std::map<std::string, std::string> DeclaredPermissions() {
  std::map<std::string, std::string> permissions;
  const std::filesystem::path root = std::filesystem::path(std::getenv("VIVIER_SOURCE")) / "protos";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "vivier")) {
    if (entry.path().extension() != ".proto") continue;
    const pb::FileDescriptor* file =
        pb::DescriptorPool::generated_pool()->FindFileByName(entry.path().lexically_relative(root).generic_string());
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const pb::MethodDescriptor* method = file->service(i)->method(j);
        permissions[method->options().GetExtension(options::v1::permission)] = method->full_name();
      }
    }
  }
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
      for (const auto& [permission, rpc] : declared) covers = covers || security::Covers(pattern, permission);
      EXPECT_TRUE(covers) << grant.holder << " has " << pattern << ", for which no rpc asks";
    }
  }
}

TEST(Permissions, EachGrantOfARoleCoversAnRpc) { ExpectEachCoversAnRpc(security::RoleGrants()); }

TEST(Permissions, EachGrantOfAServiceCoversAnRpc) { ExpectEachCoversAnRpc(security::ServiceGrants()); }

TEST(Permissions, EachRpcMayBeCalledBySomebody) {
  std::set<std::string> patterns = Patterns(security::RoleGrants());
  patterns.merge(Patterns(security::ServiceGrants()));
  for (const auto& [permission, rpc] : DeclaredPermissions()) {
    bool held = false;
    for (const std::string& pattern : patterns) held = held || security::Covers(pattern, permission);
    EXPECT_TRUE(held) << rpc << " needs " << permission << ", which only the director has";
  }
}

}  // namespace
}  // namespace vivier
