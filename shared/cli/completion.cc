#include "shared/cli/completion.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/security/roles.h"

namespace vivier::cli {
namespace {

using Offer = Argument::Offer;
using Words = std::vector<std::string>;

constexpr char kBash[] = R"SH(# bash completion of vivier: source <(vivier completion bash)
_vivier() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command= word words=
  [[ $current == = ]] && current=
  [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      @COMMANDS@) command=$word; break ;;
    esac
  done
  case $previous in
    @FOLDERS@) COMPREPLY=($(compgen -d -- "$current")); return ;;
    @FILES@) COMPREPLY=($(compgen -f -- "$current")); return ;;
@CHOICES@  esac
  case $command in
    '') words='@NAMES@ --help --version' ;;
@ROWS@  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _vivier vivier
)SH";

constexpr char kRpcsOfBash[] =
    R"SH($("${COMP_WORDS[0]}" call --list 2>/dev/null | sed 's|.*/||'))SH";

constexpr char kZsh[] = R"SH(#compdef vivier
# zsh completion of vivier: vivier completion zsh > a file _vivier in a folder of $fpath
_vivier_rpcs() { compadd -- $(vivier call --list 2>/dev/null | sed 's|.*/||') }
_vivier() {
  if (( CURRENT == 2 )); then
    local -a commands=(
@NAMES@    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
@ROWS@  esac
}
_vivier "$@"
)SH";

Words NamesOf(const Table& table) {
  Words names;
  for (const Command& command : table) names.push_back(command.name);
  return names;
}

Words Roles() {
  Words roles;
  for (const security::Grant& grant : security::RoleGrants()) roles.emplace_back(grant.holder);
  return roles;
}

// What an option's value may be; none where it may be anything.
Words ValuesOf(const Option& option) {
  if (option.kind == Kind::kRole) return Roles();
  return option.kind == Kind::kChoice ? ChoicesOf(option.expects) : Words();
}

// Every option of any command, once, in the order of their names.
std::vector<const Option*> AllOptions(const Table& table) {
  std::set<std::string> seen;
  std::vector<const Option*> all;
  for (const Command& command : table)
    for (const Option* option : command.options)
      if (seen.insert(option->name).second) all.push_back(option);
  return all;
}

std::string OptionsOfKind(const Table& table, Kind kind) {
  Words names;
  for (const Option* option : AllOptions(table))
    if (option->kind == kind) names.push_back(Shown(*option));
  return absl::StrJoin(names, "|");
}

// Between the apostrophes of a shell.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "’"}}), "'");
}

// And within the brackets and colons of zsh's _arguments.
std::string ForZsh(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"'", "’"}, {":", "\\:"}, {"[", "\\["}, {"]", "\\]"}});
}

std::string BashRow(const Table& table, const Command& command) {
  Words words = {"--help"};
  for (const Option* option : command.options) words.push_back(Shown(*option));
  std::string asked;
  for (const Argument& argument : command.arguments) {
    const Words choices = ChoicesOf(argument.choices);
    words.insert(words.end(), choices.begin(), choices.end());
    if (argument.offer == Offer::kRpc) asked = absl::StrCat(" ", kRpcsOfBash);
    if (argument.offer != Offer::kCommand) continue;
    const Words names = NamesOf(table);
    words.insert(words.end(), names.begin(), names.end());
  }
  return absl::StrCat("    ", command.name, ") words=\"", absl::StrJoin(words, " "), asked,
                      "\" ;;\n");
}

std::string ZshArgument(const Table& table, const Argument& argument) {
  const Words choices =
      argument.offer == Offer::kCommand ? NamesOf(table) : ChoicesOf(argument.choices);
  const std::string action = !choices.empty() ? absl::StrCat("(", absl::StrJoin(choices, " "), ")")
                             : argument.offer == Offer::kRpc    ? "_vivier_rpcs"
                             : argument.offer == Offer::kFolder ? "_files -/"
                             : argument.offer == Offer::kFile   ? "_files"
                                                                : " ";
  return absl::StrCat(" '", argument.repeated ? "*" : "", ":", ForZsh(argument.name), ":", action,
                      "'");
}

std::string ZshRow(const Table& table, const Command& command) {
  std::string row = absl::StrCat("    ", command.name, ") _arguments '--help[what it does]'");
  for (const Option* option : command.options) {
    absl::StrAppend(&row, " '", Shown(*option), option->kind == Kind::kSwitch ? "" : "=", "[",
                    ForZsh(option->help), "]");
    const Words values = ValuesOf(*option);
    if (option->kind != Kind::kSwitch)
      absl::StrAppend(&row, ":", ForZsh(option->expects), ":",
                      !values.empty() ? absl::StrCat("(", absl::StrJoin(values, " "), ")")
                      : option->kind == Kind::kFolder ? "_files -/"
                      : option->kind == Kind::kFile   ? "_files"
                                                      : " ");
    row += '\'';
  }
  for (const Argument& argument : command.arguments) row += ZshArgument(table, argument);
  return absl::StrCat(row, " ;;\n");
}

std::string FishRow(const Table& table, const Command& command) {
  const std::string of = absl::StrCat(
      "complete -c vivier -n ", Quoted(absl::StrCat("__fish_seen_subcommand_from ", command.name)));
  std::string rows = absl::StrCat("complete -c vivier -f -n __fish_use_subcommand -a ",
                                  command.name, " -d ", Quoted(command.summary), "\n");
  for (const Option* option : command.options) {
    const Words values = ValuesOf(*option);
    absl::StrAppend(&rows, of, " -l ", Shown(*option).substr(2), " -d ", Quoted(option->help));
    if (option->kind != Kind::kSwitch) rows += " -r";
    if (!values.empty()) absl::StrAppend(&rows, " -f -a ", Quoted(absl::StrJoin(values, " ")));
    rows += '\n';
  }
  for (const Argument& argument : command.arguments) {
    const Words words =
        argument.offer == Offer::kCommand ? NamesOf(table) : ChoicesOf(argument.choices);
    if (argument.offer == Offer::kRpc)
      absl::StrAppend(&rows, of,
                      " -f -a '(vivier call --list | string replace -r \".*/\" \"\")'\n");
    else if (!words.empty())
      absl::StrAppend(&rows, of, " -f -a ", Quoted(absl::StrJoin(words, " ")), "\n");
  }
  return rows;
}

}  // namespace

std::string BashCompletion(const Table& table) {
  std::string choices, rows;
  for (const Option* option : AllOptions(table))
    if (const Words values = ValuesOf(*option); !values.empty())
      absl::StrAppend(&choices, "    ", Shown(*option), ") COMPREPLY=($(compgen -W '",
                      absl::StrJoin(values, " "), "' -- \"$current\")); return ;;\n");
  for (const Command& command : table) rows += BashRow(table, command);
  return absl::StrReplaceAll(kBash, {{"@COMMANDS@", absl::StrJoin(NamesOf(table), "|")},
                                     {"@NAMES@", absl::StrJoin(NamesOf(table), " ")},
                                     {"@FOLDERS@", OptionsOfKind(table, Kind::kFolder)},
                                     {"@FILES@", OptionsOfKind(table, Kind::kFile)},
                                     {"@CHOICES@", choices},
                                     {"@ROWS@", rows}});
}

std::string ZshCompletion(const Table& table) {
  std::string names, rows;
  for (const Command& command : table) {
    absl::StrAppend(&names, "      '", command.name, ":", ForZsh(command.summary), "'\n");
    rows += ZshRow(table, command);
  }
  return absl::StrReplaceAll(kZsh, {{"@NAMES@", names}, {"@ROWS@", rows}});
}

std::string FishCompletion(const Table& table) {
  std::string rows = "# fish completion of vivier: vivier completion fish | source\n";
  for (const Command& command : table) rows += FishRow(table, command);
  return absl::StrCat(rows, "complete -c vivier -l help -d 'what it does'\n");
}

}  // namespace vivier::cli
