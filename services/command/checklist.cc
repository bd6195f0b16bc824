// checklist: what a school lacks before its first day of each kind of work, docs/checklist.md.
#include "shared/checklist/checklist.h"

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
    case ChecklistItem::ADMIT_MEMBERS:
      return "to admit members";
    case ChecklistItem::ANSWER:
      return "to answer coordinators";
    default:
      return "";
  }
}

void Add(ChecklistItem::Goal goal, const char* what, bool done, const char* todo,
         site::v1::GetChecklistResponse& list) {
  ChecklistItem& item = *list.add_items();
  item.set_goal(goal);
  item.set_what(what);
  item.set_done(done);
  if (!done) item.set_todo(todo);
}

// What only the configuration says.
void AddConfigured(const config::v1::Config& config, bool is_node,
                   site::v1::GetChecklistResponse& list) {
  Add(is_node ? ChecklistItem::ADMIT_MEMBERS : ChecklistItem::OPEN_A_COHORT,
      "an issuer, who says who people are", config.issuers_size() > 0 || config.development(),
      "issuers { issuer audience jwks } in the configuration: docs/identity.md", list);
  if (!is_node)
    Add(ChecklistItem::SUBMIT, "a parent in the configuration", config.parents_size() > 0,
        "parents { name address join_codes }; the parent gives the code", list);
}

// The services answer for the one or the other.
bool IsNode(const site::v1::GetChecklistResponse& list) {
  return std::any_of(list.items().begin(), list.items().end(), [](const ChecklistItem& item) {
    return checklist::KindOf(item.goal()) == checklist::Kind::kNode;
  });
}

// Where nothing runs, this process looks by itself, and is to be the site's services and no others.
void KeepThoseOfTheSite(const config::v1::Config& config, Modules& modules) {
  if (config.peers().empty()) return;
  std::erase_if(modules, [&config](const site::Module& module) {
    return std::none_of(
        config.peers().begin(), config.peers().end(),
        [&module](const config::v1::Peer& peer) { return peer.service() == module.name(); });
  });
}

// How much is lacking.
int64_t Print(const site::v1::GetChecklistResponse& list) {
  int64_t lacking = 0;
  for (int goal = ChecklistItem::Goal_MIN; goal <= ChecklistItem::Goal_MAX; ++goal) {
    const char* title = TitleOf(static_cast<ChecklistItem::Goal>(goal));
    for (const ChecklistItem& item : list.items()) {
      if (item.goal() != goal) continue;
      absl::PrintF("%-22s %-7s %s\n", title, item.done() ? "there" : "LACKING", item.what());
      if (!item.done()) absl::PrintF("%-30s → %s\n", "", item.todo());
      lacking += item.done() ? 0 : 1;
      title = "";
    }
  }
  return lacking;
}

}  // namespace

absl::StatusOr<int> Checklist(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  KeepThoseOfTheSite(settings.config, modules);
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  int64_t lacking = 0;
  for (const std::string& school : settings.config.schools()) {
    site::v1::GetChecklistRequest request;
    request.set_name("schools/" + school);
    ASSIGN_OR_RETURN(auto list, session->AskAll<site::v1::GetChecklistResponse>(request));
    AddConfigured(settings.config, IsNode(list), list);
    std::cout << request.name() << "\n";
    lacking += Print(list);
  }
  return lacking == 0 ? 0 : 1;
}

}  // namespace vivier::command
