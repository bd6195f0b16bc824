#include "shared/cli/judge.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "shared/base/status.h"
#include "shared/cli/nearest.h"
#include "shared/security/roles.h"

namespace vivier::cli {
namespace {

absl::Status Wrong(const Option& option, const std::string& value, absl::string_view expected) {
  return Misuse(absl::StrCat(Shown(option), " is \"", value, "\", and is to be ", expected));
}

absl::Status JudgeChoice(const Option& option, const std::string& value) {
  const std::vector<std::string> choices = ChoicesOf(option.expects);
  if (std::count(choices.begin(), choices.end(), value) > 0) return absl::OkStatus();
  return Wrong(option, value,
               absl::StrCat(absl::StrJoin(choices, " or "), DidYouMean(value, choices)));
}

absl::Status JudgeRoles(const Option& option, const std::string& value) {
  const std::vector<std::string> given = absl::StrSplit(value, ',');
  for (const std::string& role : given) {
    if (security::IsRole(role)) continue;
    std::vector<std::string> roles;
    for (const security::Grant& grant : security::RoleGrants()) roles.emplace_back(grant.holder);
    return Misuse(absl::StrCat(Shown(option), ": there is no role \"", role, "\"",
                               DidYouMean(role, roles), " Roles are ", absl::StrJoin(roles, ", ")));
  }
  return absl::OkStatus();
}

absl::Status JudgeNumber(const Option& option, const std::string& value) {
  int number = 0;
  if (absl::SimpleAtoi(value, &number) && number >= option.least && number <= option.most)
    return absl::OkStatus();
  return Wrong(option, value,
               absl::StrCat("a whole number from ", option.least, " to ", option.most));
}

// absl reads the 31st of February as a day of March.
absl::Status JudgeDay(const Option& option, const std::string& value) {
  absl::CivilDay day;
  if (absl::ParseCivilTime(value, &day) && absl::FormatCivilTime(day) == value)
    return absl::OkStatus();
  return Wrong(option, value, "a day of the calendar, written as 2027-09-01");
}

absl::Status JudgeDuration(const Option& option, const std::string& value) {
  absl::Duration duration;
  if (absl::ParseDuration(value, &duration) && duration > absl::ZeroDuration() &&
      duration < absl::InfiniteDuration())
    return absl::OkStatus();
  return Wrong(option, value, "a duration above zero, written as 10s or 1m30s");
}

}  // namespace

absl::Status Judge(const Option& option, const std::string& value) {
  switch (option.kind) {
    case Kind::kSwitch:
      return value == "true" || value == "false" ? absl::OkStatus()
                                                 : Wrong(option, value, "alone, or true or false");
    case Kind::kChoice:
      return JudgeChoice(option, value);
    case Kind::kRole:
      return JudgeRoles(option, value);
    case Kind::kNumber:
      return JudgeNumber(option, value);
    case Kind::kDuration:
      return JudgeDuration(option, value);
    case Kind::kDay:
      return JudgeDay(option, value);
    case Kind::kText:
    case Kind::kFile:
    case Kind::kFolder:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status JudgeArguments(const Command& command, const std::vector<std::string>& arguments) {
  const bool endless = !command.arguments.empty() && command.arguments.back().repeated;
  const std::string form =
      absl::StrCat("; the form is `vivier ", command.name, command.arguments.empty() ? "" : " ",
                   Pattern(command), "`");
  for (size_t i = 0; i < command.arguments.size(); ++i) {
    const Argument& argument = command.arguments[i];
    if (i >= arguments.size()) {
      if (!argument.required) break;
      return Misuse(absl::StrCat(argument.name, " is missing", form));
    }
    const std::vector<std::string> choices = ChoicesOf(argument.choices);
    if (choices.empty() || std::count(choices.begin(), choices.end(), arguments[i]) > 0) continue;
    return Misuse(absl::StrCat(argument.name, " is \"", arguments[i], "\", and is to be ",
                               absl::StrJoin(choices, " or "),
                               choices.size() > 1 ? DidYouMean(arguments[i], choices) : "."));
  }
  if (endless || arguments.size() <= command.arguments.size()) return absl::OkStatus();
  return Misuse(
      absl::StrCat("\"", arguments[command.arguments.size()], "\" is one argument too many", form));
}

}  // namespace vivier::cli
