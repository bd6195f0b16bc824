// Which service calls which: derived from what each follows and refers to, and held against
// calls.txt, by which the network policies of k8s/ are judged. A service that calls another one
// that is not listed here would work on one machine and be cut off in a cluster.
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/service/method.h"

namespace vivier {
namespace {

std::set<std::string> ListedCalls() {
  std::ifstream file(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/tests/k8s/calls.txt"));
  std::set<std::string> calls;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') calls.insert(line);
  return calls;
}

void AddCall(const std::string& caller, const std::string& callee, std::set<std::string>& calls) {
  if (caller != callee) calls.insert(absl::StrCat(caller, " ", callee));
}

// A reaction follows its producer's log, and a request's references are fetched from their owners.
std::set<std::string> NeededCalls() {
  std::set<std::string> calls;
  for (const site::Module& module : AllModules()) {
    for (const rpc::Service::EventReaction& reaction : module.service.reactions())
      AddCall(module.name(), reaction.producer, calls);
    for (const google::protobuf::MethodDescriptor* descriptor : module.service.methods()) {
      const absl::StatusOr<rpc::Method> method = rpc::Describe(descriptor);
      EXPECT_TRUE(method.ok()) << method.status();
      for (const rpc::Reference& reference : method->references)
        AddCall(module.name(), reference.service, calls);
    }
  }
  return calls;
}

TEST(Calls, AreThoseListed) { EXPECT_EQ(NeededCalls(), ListedCalls()); }

}  // namespace
}  // namespace vivier
