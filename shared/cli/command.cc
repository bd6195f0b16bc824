#include "shared/cli/command.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"

namespace vivier::cli {
namespace {

constexpr char kUsedWrongly[] = "USED_WRONGLY";

}  // namespace

std::string Line::Text(const Option& option) const {
  const auto value = values_.find(option.name);
  return value == values_.end() ? option.standard : value->second;
}

int Line::Number(const Option& option) const {
  int number = 0;
  return absl::SimpleAtoi(Text(option), &number) ? number : 0;
}

absl::Duration Line::Duration(const Option& option) const {
  absl::Duration duration;
  return absl::ParseDuration(Text(option), &duration) ? duration : absl::ZeroDuration();
}

std::string Shown(const Option& option) {
  return absl::StrCat("--", absl::StrReplaceAll(option.name, {{"_", "-"}}));
}

std::vector<std::string> ChoicesOf(const char* choices) {
  return absl::StrSplit(choices, '|', absl::SkipEmpty());
}

std::string Pattern(const Command& command) {
  std::string text;
  for (const Argument& argument : command.arguments)
    absl::StrAppend(&text, text.empty() ? "" : " ", argument.required ? "" : "[", argument.name,
                    argument.repeated ? "…" : "", argument.required ? "" : "]");
  return text;
}

const Command* Find(const Table& table, const std::string& name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Command& command) { return command.name == name; });
  return found == table.end() ? nullptr : &*found;
}

absl::Status Misuse(const std::string& words) {
  return Error(absl::StatusCode::kInvalidArgument, kUsedWrongly, words);
}

bool IsMisuse(const absl::Status& status) { return ReasonOf(status) == kUsedWrongly; }

}  // namespace vivier::cli
