#include "tests/tidy/states.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "tests/support/state_diagram.h"

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

// The header that has its rows and its diagram, or "".
std::string HeaderOf(const Tree& tree, const std::string& service, const std::string& machine) {
  for (const auto& [path, text] : tree) {
    if (absl::StartsWith(path, absl::StrCat("services/", service, "/")) &&
        absl::EndsWith(path, ".h") && IsDrawn(text, machine))
      return path;
  }
  return "";
}

// What stands in a README's blocks, as a comment has it.
std::string BlocksOf(const std::string& readme) {
  std::string comment;
  bool in_block = false;
  for (const std::string& line : LinesOf(readme)) {
    if (absl::StartsWith(line, "```"))
      in_block = !in_block;
    else
      absl::StrAppend(&comment, in_block ? absl::StrCat("//   ", line) : "", "\n");
  }
  return comment;
}

void CheckReadme(const Tree& tree, const std::string& service, const std::string& machine,
                 const std::string& header, Findings& findings) {
  const std::string path = absl::StrCat("services/", service, "/README.md");
  const auto readme = tree.find(path);
  if (readme == tree.end()) return;
  const std::string blocks = BlocksOf(readme->second);
  const std::set<std::string> whole = testing::ReadDiagram(tree.at(header), machine);
  const std::set<std::string> drawn = testing::ReadDiagram(blocks, machine);
  for (const std::string& arrow : drawn) {
    if (whole.count(arrow) == 0)
      findings.push_back({"ReadmesDrawTheSame", absl::StrCat(path, ":", machine), arrow});
  }
}

void CheckMachine(const Tree& tree, const std::string& service, const std::string& machine,
                  Findings& findings) {
  const std::string header = HeaderOf(tree, service, machine);
  const std::string where = absl::StrCat("services/", service, ":", machine);
  if (header.empty()) {
    findings.push_back({"StatesAreDrawn", where, "no header has its rows and its diagram"});
    return;
  }
  if (!IsCompared(tree, FolderOf(header), machine))
    findings.push_back({"StatesAreDrawn", where,
                        absl::StrCat("no test beside ", header, " compares its diagram")});
  CheckReadme(tree, service, machine, header, findings);
}

}  // namespace

Findings CheckStates(const Tree& tree) {
  static const RE2& of_service = *new RE2("protos/vivier/(\\w+)/v1/\\w+\\.proto");
  Findings findings;
  for (const auto& [path, text] : tree) {
    std::string service;
    if (!RE2::FullMatch(path, of_service, &service)) continue;
    const auto first = tree.lower_bound(absl::StrCat("services/", service, "/"));
    const bool is_service = first != tree.end() &&
                            absl::StartsWith(first->first, absl::StrCat("services/", service, "/"));
    if (!is_service) continue;
    for (const std::string& machine : MachinesOf(text))
      CheckMachine(tree, service, machine, findings);
  }
  return findings;
}

}  // namespace vivier::tidy
