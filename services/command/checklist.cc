// checklist: what a school lacks before its first day of each kind of work, docs/checklist.md.
#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/command/commands.h"
#include "shared/base/status.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::command {
namespace {

using site::v1::ChecklistItem;

const char* TitleOf(ChecklistItem::Goal goal) {
  switch (goal) {
    case ChecklistItem::OPEN_A_COHORT:
      return "to open a cohort";
    case ChecklistItem::ADMIT:
      return "to admit";
    case ChecklistItem::SEAL:
      return "to seal presence";
    case ChecklistItem::INVOICE:
      return "to invoice";
    case ChecklistItem::SUBMIT:
      return "to submit figures";
    default:
      return "";
  }
}

// What only the configuration says.
void AddParents(const config::v1::Config& config, site::v1::GetChecklistResponse& list) {
  ChecklistItem& item = *list.add_items();
  item.set_goal(ChecklistItem::SUBMIT);
  item.set_what("a parent in the configuration");
  item.set_done(config.parents_size() > 0);
  if (!item.done()) item.set_todo("parents { name address join_codes }; the parent gives the code");
}

// How much is lacking.
int64_t Print(const site::v1::GetChecklistResponse& list) {
  int64_t lacking = 0;
  for (int goal = ChecklistItem::Goal_MIN; goal <= ChecklistItem::Goal_MAX; ++goal) {
    const char* title = TitleOf(static_cast<ChecklistItem::Goal>(goal));
    for (const ChecklistItem& item : list.items()) {
      if (item.goal() != goal) continue;
      absl::PrintF("%-18s %-7s %s\n", title, item.done() ? "there" : "LACKING", item.what());
      if (!item.done()) absl::PrintF("%-26s → %s\n", "", item.todo());
      lacking += item.done() ? 0 : 1;
      title = "";
    }
  }
  return lacking;
}

}  // namespace

absl::StatusOr<int> Checklist(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  int64_t lacking = 0;
  for (const std::string& school : settings.config.schools()) {
    site::v1::GetChecklistRequest request;
    request.set_name("schools/" + school);
    ASSIGN_OR_RETURN(auto list, session->AskAll<site::v1::GetChecklistResponse>(request));
    AddParents(settings.config, list);
    std::cout << request.name() << "\n";
    lacking += Print(list);
  }
  return lacking == 0 ? 0 : 1;
}

}  // namespace vivier::command
