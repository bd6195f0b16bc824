#include "tests/tidy/folders.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"
#include "shared/service/catalogue.h"

namespace vivier::tidy {
namespace {

// The service of "services/funding/money", "" of what belongs to none.
std::string ServiceOf(const std::string& folder) {
  static const RE2& of_service = *new RE2("services/([a-z]+)(?:/.*)?");
  std::string service;
  RE2::FullMatch(folder, of_service, &service);
  return service == "policy" || service == "command" ? "" : service;
}

// The folders with code of ours.
std::set<std::string> FoldersOf(const Tree& tree) {
  std::set<std::string> folders;
  for (const auto& [path, text] : tree) {
    if (IsCode(path)) folders.insert(FolderOf(path));
  }
  return folders;
}

// Whether it is a message of a service's API.
bool IsTrade(const std::string& included, const std::vector<std::string>& storeys) {
  static const RE2& generated = *new RE2("vivier/([a-z]+)/.*");
  std::string package;
  if (!RE2::FullMatch(included, generated, &package)) return false;
  const auto of_package = [&](const std::string& folder) { return ServiceOf(folder) == package; };
  return std::any_of(storeys.begin(), storeys.end(), of_package);
}

// Why `path` may not include `included`; "" when it may.
std::string Refusal(const std::string& path, const std::string& included,
                    const std::vector<std::string>& storeys) {
  const std::string from = FolderOf(path), to = FolderOf(included);
  const bool test = IsTest(path) || absl::StartsWith(from, "tests");
  if (absl::StartsWith(from, "shared/") && !test && IsTrade(included, storeys))
    return "the trade stays out of shared/";
  const auto place = [&storeys](const std::string& folder) {
    return std::find(storeys.begin(), storeys.end(), folder) - storeys.begin();
  };
  const auto top = static_cast<std::ptrdiff_t>(storeys.size());
  if (from == to || place(to) == top) return "";
  const std::string service = ServiceOf(from), other = ServiceOf(to);
  if (!service.empty() && !other.empty() && service != other)
    return "services never include each other";
  // A test beside the code is a program of its own that stands on everything, with what tests
  // share.
  if (place(to) < place(from) || (test && place(to) <= place("tests/support"))) return "";
  return absl::StrCat(to, " stands above ", from);
}

// "services/*" stands for the folder of each service that has no line of its own.
std::vector<std::string> WithServices(const std::vector<std::string>& lines) {
  std::vector<std::string> storeys;
  for (const std::string& line : lines) {
    if (line != "services/*") {
      storeys.push_back(line);
      continue;
    }
    for (const std::string& service : rpc::TradeServices()) {
      const std::string folder = "services/" + service;
      if (std::find(lines.begin(), lines.end(), folder) == lines.end()) storeys.push_back(folder);
    }
  }
  return storeys;
}

// From the bottom to the top; `services/*` stands for the services without lines of their own.
constexpr const char* kStoreys[] = {
    "shared/base",
    "shared/queue",
    "shared/log",
    "shared/security",
    "shared/security/tokens",
    "shared/cli",
    "shared/signin",
    "shared/storage/engines",
    "shared/storage/rows",
    "shared/storage/log",
    "shared/backup",
    "shared/cache",
    "shared/formats",
    "shared/rules",
    "shared/service",
    "shared/rpc",
    "shared/reference",
    "shared/relations",
    "shared/rotation",
    "shared/checklist",
    "shared/web/server",
    "shared/web",
    "shared/web/portal",
    "shared/transport",
    "shared/follow",
    "shared/process",
    "shared/site",
    "shared/command",
    "services/policy",
    "services/access/time_zones",
    "services/enrolment/school",
    "services/enrolment/people",
    "services/enrolment/files",
    "services/enrolment/cohorts",
    "services/enrolment/learners",
    "services/enrolment/selection",
    "services/enrolment/presence",
    "services/enrolment/outcomes",
    "services/enrolment/admission",
    "services/enrolment/links",
    "services/enrolment",
    "services/partners/companies",
    "services/partners/tutors",
    "services/partners/offers",
    "services/partners/hirings",
    "services/partners/contracts",
    "services/funding/journal",
    "services/funding/funders",
    "services/funding/plans",
    "services/funding/earnings",
    "services/funding/invoices",
    "services/funding/view",
    "services/statistics/cells",
    "services/statistics/facts",
    "services/statistics/network",
    "services/statistics/indicators",
    "services/statistics/registry",
    "services/statistics/series",
    "services/*",
    "services/command",
    "demo",
    "services",
    "tests/transport",
    "tests/support",
    "tests/follow",
    "tests",
    "tests/api",
    "tests/tidy",
    "tests/hardening",
    "tests/bench",
    "tests/storage",
    "tests/invariants",
    "tests/overload",
    "tests/idle",
    "tests/rules",
    "tests/rpc",
    "tests/identity",
    "tests/files",
    "tests/fuzz",
    "tests/tamper",
    "tests/certificates",
    "tests/erasure",
    "tests/backup",
    "tests/copies",
    "tests/edge",
    "tests/journey",
    "tests/keys",
    "tests/node",
    "tests/command",
    "tests/walls",
    "tests/views",
    "tests/web",
    "tests/k8s",
};

}  // namespace

const std::vector<std::string>& Storeys() {
  static const auto& storeys =
      *new std::vector<std::string>(WithServices({std::begin(kStoreys), std::end(kStoreys)}));
  return storeys;
}

Findings CheckFolders(const Tree& tree, const std::vector<std::string>& storeys) {
  Findings findings;
  const std::set<std::string> folders = FoldersOf(tree);
  for (const std::string& folder : folders) {
    if (std::find(storeys.begin(), storeys.end(), folder) == storeys.end())
      findings.push_back({"FolderIsNamed", folder, "has no line among the storeys"});
  }
  for (const std::string& storey : storeys) {
    if (folders.count(storey) == 0)
      findings.push_back({"FolderIsNamed", storey, "has a line among the storeys and no code"});
  }
  for (const auto& [path, text] : tree) {
    if (!IsCode(path)) continue;
    for (const std::string& included : IncludesOf(text)) {
      const std::string refusal = Refusal(path, included, storeys);
      if (!refusal.empty())
        findings.push_back({"FoldersHaveAnOrder", path, absl::StrCat(refusal, ": ", included)});
    }
  }
  return findings;
}

namespace {

// A clock, a thread, a lock, a file, chance, and our folders that have them.
const RE2& Impure() {
  static const RE2& impure = *new RE2(
      "(shared/(storage|service|rpc|follow|cache|transport|log|backup|site|"
      "command)/.*|shared/base/(random|monitor)\\.h|absl/(time/clock|synchronization/.*|random/.*)"
      "(\\.h)?|fstream|iostream|filesystem|chrono|thread|mutex|future|atomic|condition_variable|"
      "random|unistd\\.h|ctime|cstdio)");
  return impure;
}

bool PromisesPurity(const std::string& header) {
  static const RE2& promise = *new RE2("\\bPure[,;: ]|\\b[Pp]ure +functions");
  std::string opening;
  for (size_t at = 0; header.compare(at, 2, "//") == 0;) {
    const size_t end = std::min(header.find('\n', at), header.size());
    absl::StrAppend(&opening, header.substr(at + 2, end - at - 2), " ");
    at = std::min(end + 1, header.size());
  }
  return RE2::PartialMatch(opening, promise);
}

// What `text` includes that breaks the promise; follows our own headers, each once, but for those
// that promise the same.
void Follow(const Tree& tree, const std::string& text, std::set<std::string>& seen,
            std::set<std::string>& broken) {
  static const RE2& include = *new RE2("(?m)^#include [<\"]([^>\"]+)[>\"]");
  re2::StringPiece rest(text);
  for (std::string included; RE2::FindAndConsume(&rest, include, &included);) {
    const auto header = tree.find(included);
    if (header != tree.end() && PromisesPurity(header->second)) continue;
    if (RE2::FullMatch(included, Impure())) broken.insert(included);
    if (header != tree.end() && seen.insert(included).second)
      Follow(tree, header->second, seen, broken);
  }
}

}  // namespace

Findings CheckPurity(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!absl::EndsWith(path, ".h") || !PromisesPurity(text)) continue;
    std::set<std::string> seen, broken;
    Follow(tree, text, seen, broken);
    const auto code = tree.find(path.substr(0, path.size() - 2) + ".cc");
    if (code != tree.end()) Follow(tree, code->second, seen, broken);
    if (!broken.empty())
      findings.push_back({"PureIsPure", path, "includes " + absl::StrJoin(broken, ", ")});
  }
  return findings;
}

}  // namespace vivier::tidy
