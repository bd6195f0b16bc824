#include "tests/tidy/tree.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"

namespace vivier::tidy {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Tree ReadTree(const std::filesystem::path& root) {
  static const auto& skipped =
      *new std::set<std::string>{".git", ".vivier", "node_modules", "google", "grpc"};
  Tree tree;
  std::filesystem::recursive_directory_iterator entry(root), end;
  for (; entry != end; ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (skipped.count(name) > 0 || absl::StartsWith(name, "build"))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && name != "package-lock.json") {
      tree[entry->path().lexically_relative(root).generic_string()] = Read(entry->path());
    }
  }
  return tree;
}

// Where the comment, the literal or the preprocessor line that begins at `i` ends; `i` when there
// is none.
size_t EndOfBlank(const std::string& text, size_t i, bool line_begins) {
  const auto end_of = [&](const std::string& mark, size_t from) {
    const size_t found = text.find(mark, from);
    return found == std::string::npos ? text.size() : found + mark.size();
  };
  if (text.compare(i, 2, "//") == 0) return end_of("\n", i) - 1;
  if (text.compare(i, 2, "/*") == 0) return end_of("*/", i + 2);
  if (text.compare(i, 2, "R\"") == 0) {
    const size_t open = text.find('(', i);
    return end_of(absl::StrCat(")", text.substr(i + 2, open - i - 2), "\""), open);
  }
  if (line_begins && text[i] == '#') {
    size_t end = i;
    do end = end_of("\n", end);
    while (end < text.size() && end >= 2 && text[end - 2] == '\\');
    return end - 1;
  }
  // 10'000 is a number.
  const bool quote = text[i] == '"' || (text[i] == '\'' && (i == 0 || !std::isalnum(text[i - 1])));
  if (!quote) return i;
  size_t end = i + 1;
  while (end < text.size() && text[end] != text[i]) end += text[end] == '\\' ? 2 : 1;
  return end + 1;
}

}  // namespace

const Tree& OurTree() {
  static const Tree& tree = *[] {
    const char* source = std::getenv("VIVIER_SOURCE");
    auto* read = new Tree(source == nullptr ? Tree() : ReadTree(source));
    if (read->count("tests/tidy/tree.cc") == 0) {
      std::cerr << "VIVIER_SOURCE must be the root of the repository; ctest sets it\n";
      std::exit(1);
    }
    return read;
  }();
  return tree;
}

std::string FolderOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? "" : std::string(path.substr(0, slash));
}

bool IsCode(absl::string_view path) {
  return absl::EndsWith(path, ".h") || absl::EndsWith(path, ".cc");
}

bool IsTest(absl::string_view path) { return absl::EndsWith(path, "_test.cc"); }

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty() && lines.size() > 1) lines.pop_back();
  return lines;
}

std::string Blanked(const std::string& text) {
  std::string code = text;
  bool line_begins = true;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(EndOfBlank(text, i, line_begins), text.size());
    if (end == i) {
      line_begins = text[i] == '\n' || (line_begins && text[i] == ' ');
      ++i;
    }
    for (; i < end; ++i) {
      if (text[i] != '\n') code[i] = ' ';
    }
  }
  return code;
}

std::vector<std::string> IncludesOf(const std::string& text) {
  static const RE2& include = *new RE2("(?m)^#include \"([^\"]+)\"");
  std::vector<std::string> paths;
  re2::StringPiece rest(text);
  for (std::string path; RE2::FindAndConsume(&rest, include, &path);) paths.push_back(path);
  return paths;
}

std::string Text(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    absl::StrAppend(&text, finding.rule, " ", finding.where, ": ", finding.what, "\n");
  return text;
}

}  // namespace vivier::tidy
