#include "tests/support/state_diagram.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace vivier::testing {
namespace {

std::vector<std::string> Listed(const std::string& words) {
  std::vector<std::string> list;
  for (absl::string_view word : absl::StrSplit(words, ','))
    list.emplace_back(absl::StripAsciiWhitespace(word));
  return list;
}

// The arrows of one line: what stands before the first, its acts, what stands after, and so on.
void ReadPath(const std::string& path, std::set<std::string>& arrows) {
  static const RE2& step =
      *new RE2("^\\s*([A-Z_, ]+|new)\\s*─+([A-Za-z, ]+?)─*▶\\s*([A-Z_, ]*[A-Z])");
  std::string rest = path, from, acts, to;
  while (RE2::PartialMatch(rest, step, &from, &acts, &to)) {
    for (const std::string& state : Listed(from)) {
      for (const std::string& act : Listed(acts)) {
        for (const std::string& end : Listed(to))
          arrows.insert(absl::StrCat(state, " ", act, " ", end));
      }
    }
    rest = rest.substr(rest.find("▶") + std::string("▶").size());
  }
}

}  // namespace

std::set<std::string> ReadDiagram(const std::string& text, const std::string& machine) {
  static const RE2& named = *new RE2("^([A-Z][a-z]+[A-Za-z]*)\\s\\s+(.*)");
  std::set<std::string> arrows;
  std::string current;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    absl::string_view drawn = line;
    if (!absl::ConsumePrefix(&drawn, "//   ")) {
      if (line != "//") current.clear();
      continue;
    }
    std::string name, path(drawn);
    if (RE2::FullMatch(path, named, &name, &path)) current = name;
    if (current == machine) ReadPath(path, arrows);
  }
  return arrows;
}

std::string ReadSource(const std::string& path) {
  const char* source = std::getenv("VIVIER_SOURCE");
  std::ifstream file(absl::StrCat(source == nullptr ? "." : source, "/", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace vivier::testing
