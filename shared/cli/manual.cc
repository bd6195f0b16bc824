#include "shared/cli/manual.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/file.h"
#include "shared/base/status.h"
#include "shared/cli/help.h"

namespace vivier::cli {
namespace {

// Roff reads "\", "-" and a "." or "'" in front of a line as its own.
std::string Roff(absl::string_view text) {
  std::string safe = absl::StrReplaceAll(
      text, {{"\\", "\\e"}, {"-", "\\-"}, {"…", "..."}, {"'", "\\(aq"}, {"\"", "\\(dq"}});
  return !safe.empty() && safe[0] == '.' ? absl::StrCat("\\&", safe) : safe;
}

std::string Head(absl::string_view name, absl::string_view summary, absl::string_view version) {
  return absl::StrCat(".TH ", absl::AsciiStrToUpper(Roff(name)), " 1 2026-11-30 \"vivier ", version,
                      "\"\n.SH NAME\n", Roff(name), " \\- ", Roff(summary), "\n");
}

std::string Listed(absl::string_view head, absl::string_view text) {
  return absl::StrCat(".TP\n.B ", Roff(head), "\n", Roff(text), "\n");
}

std::string Statuses() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [status, what] : ExitStatuses())
    absl::StrAppend(&text, Listed(absl::StrCat(status), what));
  return text;
}

}  // namespace

std::string ManualOf(const Table& table, const std::string& version) {
  std::string text = absl::StrCat(
      Head("vivier", "runs the schools of a network that trains people for free", version),
      ".SH SYNOPSIS\n.B vivier\n.I COMMAND\n[\\fIARGUMENT\\fR...] [\\fB\\-\\-OPTION\\fR...]\n");
  Group group = Group::kProgram;
  for (const Command& command : table) {
    if (command.group != group || &command == &table.front())
      absl::StrAppend(&text, ".SH ", absl::AsciiStrToUpper(TitleOf(command.group)), "\n");
    group = command.group;
    absl::StrAppend(&text, Listed(command.name, command.summary));
  }
  return absl::StrCat(text, Statuses());
}

std::string ManualOf(const Command& command, const std::string& version) {
  const std::string pattern = Pattern(command);
  std::string text = absl::StrCat(
      Head(absl::StrCat("vivier-", command.name), command.summary, version),
      ".SH SYNOPSIS\n.B vivier ", Roff(command.name), "\n", Roff(pattern),
      pattern.empty() ? "" : "\n", command.options.empty() ? "" : "[\\fB\\-\\-OPTION\\fR...]\n");
  if (*command.more != '\0') absl::StrAppend(&text, ".SH DESCRIPTION\n", Roff(command.more), "\n");
  absl::StrAppend(&text, ".SH EXAMPLES\n");
  for (const Example& example : command.examples)
    absl::StrAppend(&text, Listed(example.words, example.what));
  if (!command.options.empty()) absl::StrAppend(&text, ".SH OPTIONS\n");
  for (const Option* option : command.options) {
    const Entry entry = EntryOf(*option);
    absl::StrAppend(&text, Listed(entry.head, entry.text));
  }
  return absl::StrCat(text, Statuses(), ".SH SEE ALSO\n.BR vivier (1)\n");
}

absl::Status WriteManual(const Table& table, const std::string& version,
                         const std::string& folder) {
  RETURN_IF_ERROR(WriteNamed("DIR", folder + "/vivier.1", ManualOf(table, version)));
  for (const Command& command : table)
    RETURN_IF_ERROR(WriteNamed("DIR", absl::StrCat(folder, "/vivier-", command.name, ".1"),
                               ManualOf(command, version)));
  return absl::OkStatus();
}

}  // namespace vivier::cli
