#include "tests/tidy/states.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace vivier::tidy {
namespace {

// The messages that have an enum State.
std::vector<std::string> MachinesOf(const std::string& proto) {
  static const RE2& message = *new RE2("^message (\\w+) \\{");
  static const RE2& states = *new RE2("^  enum State \\{");
  std::vector<std::string> machines;
  std::string current;
  for (const std::string& line : LinesOf(proto)) {
    RE2::PartialMatch(line, message, &current);
    if (RE2::PartialMatch(line, states)) machines.push_back(current);
  }
  return machines;
}

bool IsDrawn(const std::string& header, const std::string& machine) {
  return absl::StrContains(header, absl::StrCat("Transition<v1::", machine, "::State>")) &&
         absl::StrContains(header, absl::StrCat("\n//   ", machine, "  "));
}

bool IsCompared(const Tree& tree, const std::string& folder, const std::string& machine) {
  const std::string quoted = absl::StrCat("\"", machine, "\"");
  for (const auto& [path, text] : tree) {
    if (FolderOf(path) == folder && IsTest(path) && absl::StrContains(text, "ReadDiagram(") &&
        absl::StrContains(text, quoted))
      return true;
  }
  return false;
}

// "" where it is drawn and compared.
std::string MissingOf(const Tree& tree, const std::string& service, const std::string& machine) {
  for (const auto& [path, text] : tree) {
    if (!absl::StartsWith(path, absl::StrCat("services/", service, "/")) ||
        !absl::EndsWith(path, ".h") || !IsDrawn(text, machine))
      continue;
    return IsCompared(tree, FolderOf(path), machine)
               ? ""
               : absl::StrCat("no test beside ", path, " compares its diagram");
  }
  return "no header has its rows and its diagram";
}

}  // namespace

Findings CheckStates(const Tree& tree) {
  static const RE2& of_service = *new RE2("protos/vivier/(\\w+)/v1/\\w+\\.proto");
  Findings findings;
  for (const auto& [path, text] : tree) {
    std::string service;
    if (!RE2::FullMatch(path, of_service, &service)) continue;
    const bool ours = tree.lower_bound(absl::StrCat("services/", service, "/")) !=
                      tree.lower_bound(absl::StrCat("services/", service, "0"));  // '0' is '/' + 1
    if (!ours) continue;
    for (const std::string& machine : MachinesOf(text)) {
      const std::string missing = MissingOf(tree, service, machine);
      if (!missing.empty())
        findings.push_back({"StatesAreDrawn", absl::StrCat(path, ":", machine), missing});
    }
  }
  return findings;
}

}  // namespace vivier::tidy
