#include "shared/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/base/status.h"
#include "shared/cli/judge.h"
#include "shared/cli/nearest.h"

namespace vivier::cli {
namespace {

using Words = std::vector<std::string>;

constexpr char kEnd[] = "--";

bool IsOption(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

// "new_key" of "--new-key=true".
std::string NameIn(const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return absl::StrReplaceAll(name.substr(std::min<size_t>(2, name.size())), {{"-", "_"}});
}

const Option* FindOption(const Command& command, const std::string& name) {
  for (const Option* option : command.options)
    if (option->name == name) return option;
  return nullptr;
}

// Of any command: what stands before the command's name is read before it is known.
const Option* FindOption(const Table& table, const std::string& name) {
  for (const Command& command : table)
    if (const Option* option = FindOption(command, name); option != nullptr) return option;
  return nullptr;
}

bool TakesNext(const Option* option, const std::string& word) {
  return option != nullptr && option->kind != Kind::kSwitch && !absl::StrContains(word, '=');
}

// The place of the command's name; the number of words when there is none.
size_t PlaceOfCommand(const Table& table, const Words& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (!IsOption(words[i])) return i;
    if (TakesNext(FindOption(table, NameIn(words[i])), words[i])) ++i;
  }
  return words.size();
}

Words NamesOf(const Table& table) {
  Words names;
  for (const Command& command : table) names.push_back(command.name);
  return names;
}

absl::Status UnknownOption(const Table& table, const Command& command, const std::string& word) {
  Words known = {"--help"};
  for (const Option* option : command.options) known.push_back(Shown(*option));
  const std::string name = word.substr(0, word.find('='));
  const bool single = !absl::StartsWith(word, "--");
  if (single && FindOption(command, NameIn("-" + word)) != nullptr)
    return Misuse(absl::StrCat("options begin with two dashes: -", name));
  const std::string typed = single ? "-" + name : name;
  if (Nearest(typed, known).empty() && FindOption(table, NameIn(word)) != nullptr)
    return Misuse(absl::StrCat(name, " is an option of other commands, and not of ", command.name));
  return Misuse(absl::StrCat("there is no option ", name, DidYouMean(typed, known)));
}

// Before any command: options of the program itself, and commands that were given dashes.
absl::Status NoCommand(const Table& table, const std::string& word) {
  constexpr size_t kLetterOnly = 2;  // "-v"
  const std::string typed = absl::StartsWith(word, "--") ? word : "-" + word;
  Words known = {"--help", "--version"};
  for (const Command& command : table) known.push_back(absl::StrCat("--", command.name));
  std::string meant = Nearest(typed, known);
  if (word.size() == kLetterOnly)
    meant = word == "-v" || word == "-V" ? "--version" : word == "-H" ? "--help" : "";
  const std::string none = absl::StrCat("no command stands beside ", word);
  if (meant.empty()) return Misuse(none);
  const bool own = meant == "--help" || meant == "--version";
  return Misuse(absl::StrCat(none, "; did you mean ", own ? meant : meant.substr(2), "?"));
}

// CLI11 would take the option that follows for the value.
absl::Status CheckValuesFollow(const Command& command, const Words& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (!absl::StartsWith(words[i], "--")) continue;
    const Option* option = FindOption(command, NameIn(words[i]));
    if (!TakesNext(option, words[i])) continue;
    ++i;
    const std::string wants = absl::StrCat(Shown(*option), " wants ", option->expects);
    if (i == words.size()) return Misuse(wants + ", and nothing follows it");
    if (absl::StartsWith(words[i], "--"))
      return Misuse(absl::StrCat(wants, ", and ", words[i], " follows it"));
  }
  return absl::OkStatus();
}

// One command as CLI11 sees it; what is no option of it comes back as it stands.
class Reader {
 public:
  explicit Reader(const Command& command) : app_("", command.name) {
    app_.set_help_flag();
    app_.allow_extras();
    for (const Option* option : command.options) Add(*option);
  }

  absl::StatusOr<Words> Read(Words words) {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      return Misuse(error.what());
    }
    return app_.remaining();
  }

  std::map<std::string, std::string> Values() const {
    std::map<std::string, std::string> values;
    for (const auto& [name, option] : options_)
      if (option->count() > 0) values[name] = option->results().back();
    return values;
  }

 private:
  // "--new_key" and "--new-key"; a name without "_" once, since CLI11 takes none twice.
  void Add(const Option& option) {
    const std::string plain = absl::StrCat("--", option.name), shown = Shown(option);
    const std::string names = plain == shown ? shown : absl::StrCat(plain, ",", shown);
    CLI::Option* added =
        option.kind == Kind::kSwitch ? app_.add_flag(names) : app_.add_option(names);
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    options_[option.name] = added;
  }

  CLI::App app_;
  std::map<std::string, CLI::Option*> options_;
};

// The line of `help COMMAND`, or of `version`, where somebody asks for one of them.
absl::StatusOr<const Command*> Instead(const Table& table, const Words& words, Words& arguments) {
  const auto before = std::find(words.begin(), words.end(), kEnd);
  const bool help = std::any_of(words.begin(), before, [](const std::string& word) {
    return word == "--help" || word == "-h" || word == "-?";
  });
  if (help) {
    const size_t place = PlaceOfCommand(table, words);
    if (place < words.size() && words[place] != "help") arguments = {words[place]};
    return Find(table, "help");
  }
  if (!words.empty() && words[0] == "--version") return Find(table, "version");
  return nullptr;
}

absl::StatusOr<Line> ReadOptions(const Table& table, const Command& command, Words words) {
  Words behind;
  if (const auto end = std::find(words.begin(), words.end(), kEnd); end != words.end()) {
    behind.assign(end + 1, words.end());
    words.erase(end, words.end());
  }
  RETURN_IF_ERROR(CheckValuesFollow(command, words));
  Reader reader(command);
  ASSIGN_OR_RETURN(Words arguments, reader.Read(std::move(words)));
  for (const std::string& word : arguments)
    if (IsOption(word)) return UnknownOption(table, command, word);
  arguments.insert(arguments.end(), behind.begin(), behind.end());
  std::map<std::string, std::string> values = reader.Values();
  for (const Option* option : command.options)
    if (const auto value = values.find(option->name); value != values.end())
      RETURN_IF_ERROR(Judge(*option, value->second));
  RETURN_IF_ERROR(JudgeArguments(command, arguments));
  return Line(&command, std::move(arguments), std::move(values));
}

}  // namespace

absl::StatusOr<Line> Parse(const Table& table, const std::vector<std::string>& words) {
  Words arguments;
  ASSIGN_OR_RETURN(const Command* instead, Instead(table, words, arguments));
  if (instead != nullptr) return Line(instead, arguments, {});
  const size_t place = PlaceOfCommand(table, words);
  if (place == words.size())
    return words.empty() ? Misuse("name a command") : NoCommand(table, words[0]);
  const Command* command = Find(table, words[place]);
  if (command == nullptr)
    return Misuse(absl::StrCat("there is no command ", words[place],
                               DidYouMean(words[place], NamesOf(table))));
  Words rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place));
  return ReadOptions(table, *command, std::move(rest));
}

}  // namespace vivier::cli
