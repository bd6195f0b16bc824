#include "shared/base/resource_name.h"

#include "absl/strings/strip.h"

namespace vivier {

absl::string_view SchoolOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "schools/")) return "";
  return name.substr(0, name.find('/'));
}

}  // namespace vivier
