// What the program can be told to do: a command is a row of a table with its name, one line of what
// it does, arguments, options and examples. Help, man pages, completion and the reading of a
// command line follow from the rows. Values; a Line is what somebody typed, read and judged.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace vivier::cli {

enum class Kind {
  kSwitch,  // there, or =true, or =false
  kText,
  kChoice,  // one of the words of `expects`, "sqlite|postgres"
  kFile,
  kFolder,
  kRole,      // roles, comma-separated
  kNumber,    // from `least` to `most`
  kDuration,  // 10s, 1m30s
  kDay,       // 2027-09-01
};

struct Option {
  const char* name;  // "new_key"; --new-key is taken too
  Kind kind;
  const char* expects;  // "DIR", or the choices; "" for a switch
  const char* help;
  const char* standard = "";  // what holds without it
  int least = 0;
  int most = 0;
};

// What may stand at a place after the command's name.
struct Argument {
  // What a shell offers there.
  enum class Offer { kNothing, kFile, kFolder, kRpc, kCommand, kChoice };

  const char* name;     // "DIR"
  const char* choices;  // "lheo|applications": one of them; "" for any word
  Offer offer = Offer::kNothing;
  bool required = true;
  bool repeated = false;  // the last one alone
};

struct Example {
  const char* words;  // "vivier backup /mnt/elsewhere/nancy"
  const char* what;
};

// Who needs a command.
enum class Group { kSchool, kLook, kData, kDevelopment, kProgram };

class Line;

struct Command {
  const char* name;
  Group group;
  const char* summary;  // one line
  std::vector<Argument> arguments;
  std::vector<const Option*> options;
  std::vector<Example> examples;
  const char* more;  // what else is worth knowing, "" for nothing
  // Gives the exit status, or the refusal, which the one printer prints.
  std::function<absl::StatusOr<int>(const Line&)> run;
};

using Table = std::vector<Command>;

// 0, 1, 2 and 75 of a process whose own port no longer answers (EX_TEMPFAIL), which its supervisor
// starts again.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
inline constexpr int kMisused = 2;
inline constexpr int kDeadPort = 75;

class Line {
 public:
  Line() = default;
  Line(const Command* command, std::vector<std::string> arguments,
       std::map<std::string, std::string> values)
      : command_(command), arguments_(std::move(arguments)), values_(std::move(values)) {}

  // Null of a line that nobody typed, on which nothing is given.
  const Command* command() const { return command_; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  // "" where that one was not given.
  std::string Argument(size_t place) const {
    return place < arguments_.size() ? arguments_[place] : "";
  }
  bool Has(const Option& option) const { return values_.count(option.name) > 0; }
  // The value, or what holds without it.
  std::string Text(const Option& option) const;
  bool Is(const Option& option) const { return Text(option) == "true"; }
  int Number(const Option& option) const;
  absl::Duration Duration(const Option& option) const;

 private:
  const Command* command_ = nullptr;
  std::vector<std::string> arguments_;
  std::map<std::string, std::string> values_;  // by the option's name
};

// "--new-key" of "new_key", the way that options are shown.
std::string Shown(const Option& option);

// The words of "lheo|applications".
std::vector<std::string> ChoicesOf(const char* choices);

// The arguments as they are written: "KIND FILE…", "METHOD [JSON]".
std::string Pattern(const Command& command);

// Null when there is none of that name.
const Command* Find(const Table& table, const std::string& name);

// INVALID_ARGUMENT, reason USED_WRONGLY: what was typed is wrong, and nothing was done. Ends with
// status 2.
absl::Status Misuse(const std::string& words);
bool IsMisuse(const absl::Status& status);

}  // namespace vivier::cli
