#include "shared/security/caller.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "shared/base/resource_name.h"

namespace vivier::security {
namespace {

constexpr absl::string_view kWholeNetwork = "*";

bool HasSchool(const Caller& caller, absl::string_view school) {
  return std::find(caller.schools.begin(), caller.schools.end(), school) != caller.schools.end();
}

}  // namespace

bool InSchool(const Caller& caller, absl::string_view school) {
  // "*" is the caller's mark for the network, never a school that a request may name.
  if (school.empty() || school == kWholeNetwork) return false;
  return HasSchool(caller, kWholeNetwork) || HasSchool(caller, school);
}

bool InScope(const Caller& caller, absl::string_view resource_name) {
  const absl::string_view school = SchoolOf(resource_name);
  if (!school.empty()) return InSchool(caller, school);
  return HasSchool(caller, kWholeNetwork) && !absl::StartsWith(resource_name, "schools/");
}

}  // namespace vivier::security
