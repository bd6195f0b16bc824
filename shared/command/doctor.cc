#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/command/surroundings.h"

namespace vivier::command {
namespace {

const char* NameOf(Grade grade) {
  switch (grade) {
    case Grade::kOk:
      return "OK";
    case Grade::kWarn:
      return "WARN";
    case Grade::kFail:
      return "FAIL";
  }
  return "FAIL";
}

}  // namespace

int Doctor(const Arguments& arguments, Modules modules) {
  const absl::StatusOr<Settings> settings = ReadSettings();
  if (!settings.ok()) return Refuse(settings.status());
  const Findings findings = LookAround(*settings, modules, arguments.empty() ? "" : arguments[0]);
  for (const Finding& finding : findings) {
    absl::PrintF("%-4s  %s: %s\n", NameOf(finding.grade), finding.what, finding.found);
    if (!finding.advice.empty()) absl::PrintF("      → %s\n", finding.advice);
  }
  const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.grade == Grade::kFail;
  });
  return failed ? 1 : 0;
}

}  // namespace vivier::command
