#include "shared/cli/help.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace vivier::cli {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kHeadMax = 26;  // a longer head has a line of its own

// A continuation byte of UTF-8 is no column.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Words in lines of at most kColumns, each below the first.
std::string Wrapped(absl::string_view text, size_t indent) {
  std::string lines;
  size_t at = indent;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (at > indent && at + 1 + Width(word) > kColumns) {
      absl::StrAppend(&lines, "\n", std::string(indent, ' '));
      at = indent;
    } else if (at > indent) {
      lines += ' ';
      ++at;
    }
    absl::StrAppend(&lines, word);
    at += Width(word);
  }
  return lines;
}

std::string Sentence(std::string text) {
  text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return text + ".";
}

std::string Listed(const std::vector<Entry>& entries) {
  size_t width = 0;
  for (const Entry& entry : entries)
    if (Width(entry.head) <= kHeadMax) width = std::max(width, Width(entry.head));
  std::string text;
  for (const Entry& entry : entries) {
    const size_t own = Width(entry.head);
    absl::StrAppend(
        &text, "  ", entry.head,
        own > width ? "\n" + std::string(width + 4, ' ') : std::string(width - own + 2, ' '),
        Wrapped(entry.text, width + 4), "\n");
  }
  return text;
}

}  // namespace

std::vector<std::pair<int, std::string>> ExitStatuses() {
  return {{kDone, "done, and nothing is wrong"},
          {kRefused, "refused, or something wrong was found; the last lines say what"},
          {kMisused, "the command line is wrong; nothing was done"},
          {kDeadPort, "of serve: its own port is dead, and its supervisor is to start it again"}};
}

std::string TitleOf(Group group) {
  switch (group) {
    case Group::kSchool:
      return "Run a school";
    case Group::kLook:
      return "Look";
    case Group::kData:
      return "People and data";
    case Group::kDevelopment:
      return "Development";
    case Group::kProgram:
      return "This program";
  }
  return "";
}

Entry EntryOf(const Option& option) {
  std::string text = option.help;
  if (*option.standard != '\0') absl::StrAppend(&text, " (default: ", option.standard, ")");
  return {absl::StrCat(Shown(option), *option.expects == '\0' ? "" : " ", option.expects), text};
}

std::string Overview(const Table& table) {
  std::string text = "vivier COMMAND [ARGUMENT…] [--OPTION…]\n";
  for (Group group :
       {Group::kSchool, Group::kLook, Group::kData, Group::kDevelopment, Group::kProgram}) {
    std::vector<Entry> entries;
    for (const Command& command : table)
      if (command.group == group) entries.push_back({command.name, command.summary});
    absl::StrAppend(&text, "\n", TitleOf(group), "\n", Listed(entries));
  }
  absl::StrAppend(&text, "\nExamples\n",
                  Listed({{"vivier help backup", "one command, with examples"},
                          {"vivier status --data /var/lib/vivier/nancy",
                           "how a school is whose data lie there"}}),
                  "\nExit status\n");
  std::vector<Entry> statuses;
  for (const auto& [status, what] : ExitStatuses())
    statuses.push_back({absl::StrCat(status), what});
  return text + Listed(statuses);
}

std::string HelpOf(const Command& command) {
  const std::string pattern = Pattern(command);
  std::string text = absl::StrCat("vivier ", command.name, pattern.empty() ? "" : " ", pattern,
                                  command.options.empty() ? "" : " [--OPTION…]", "\n\n",
                                  Wrapped(Sentence(command.summary), 0), "\n");
  if (*command.more != '\0') absl::StrAppend(&text, "\n", Wrapped(command.more, 0), "\n");
  absl::StrAppend(&text, "\nExamples\n");
  for (const Example& example : command.examples)
    absl::StrAppend(&text, "  ", example.words, "\n      ", Wrapped(example.what, 6), "\n");
  if (command.options.empty()) return text;
  std::vector<Entry> entries;
  for (const Option* option : command.options) entries.push_back(EntryOf(*option));
  return absl::StrCat(text, "\nOptions\n", Listed(entries));
}

}  // namespace vivier::cli
