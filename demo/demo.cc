#include "demo/demo.h"

#include <filesystem>
#include <iostream>

#include "absl/flags/flag.h"
#include "demo/figures.h"
#include "demo/parent.h"
#include "demo/steps.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/command/client.h"
#include "shared/command/settings.h"

ABSL_FLAG(std::string, story, "nancy", "demo: the story, a folder of --stories");
ABSL_FLAG(std::string, stories, "demo", "demo: the folder of the stories");
ABSL_FLAG(bool, json, false, "demo: print the figures as one JSON object and nothing else");
ABSL_FLAG(std::string, parent_data, "",
          "demo: the data folder of a parent node that runs on this machine");

namespace vivier::demo {
namespace {

// The parent's folder; its name is that of the first parent that the figures are submitted to. On
// one machine the certificates by which the school comes in there lie beside those of the parent's
// own operator.
command::Settings ParentSettings(const command::Settings& own) {
  command::Settings settings = own;
  settings.data = absl::GetFlag(FLAGS_parent_data);
  settings.config.clear_schools();
  settings.config.add_schools("grand-est");
  if (own.config.parents().empty()) return settings;
  settings.config.set_schools(0, IdOf(own.config.parents(0).name()));
  settings.config.set_certificates(own.config.parents(0).certificates());
  return settings;
}

// The parent is a site of its own with its own clock.
absl::Status BringToTheSameDay(const command::Settings& above, const Stage& stage) {
  ASSIGN_OR_RETURN(std::unique_ptr<site::Clock> clock, site::Clock::Open(above.config, above.data));
  const absl::Time time = stage.clock.Now();
  return clock->Now() < time ? clock->MoveTo(time) : absl::OkStatus();
}

absl::Status AddParent(Stage& stage, const command::Settings& settings, Figures& figures) {
  const bool has_parent = !absl::GetFlag(FLAGS_parent_data).empty();
  const command::Settings above = ParentSettings(settings);
  if (has_parent) RETURN_IF_ERROR(BringToTheSameDay(above, stage));
  ASSIGN_OR_RETURN(const int64_t revision, RequestSubmission(stage));
  if (!has_parent) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::unique_ptr<command::Running> running, command::Running::Open(above));
  command::Client client(*running);
  ASSIGN_OR_RETURN(const Figures published,
                   ReadParent(stage, client, above.config.schools(0), revision));
  for (const auto& [name, value] : published.values()) figures.Add(name, value);
  return absl::OkStatus();
}

absl::Status Tell() {
  ASSIGN_OR_RETURN(const command::Settings settings, command::ReadSettings());
  ASSIGN_OR_RETURN(const Folder folder,
                   ReadFolder(absl::GetFlag(FLAGS_stories) + "/" + absl::GetFlag(FLAGS_story)));
  ASSIGN_OR_RETURN(std::unique_ptr<command::Running> running, command::Running::Open(settings));
  command::Client client(*running);
  std::ostream silence(nullptr);
  ASSIGN_OR_RETURN(std::unique_ptr<site::Clock> clock,
                   site::Clock::Open(settings.config, settings.data));
  const bool json = absl::GetFlag(FLAGS_json);
  Stage stage{folder, client, *clock, settings.config.schools(0), json ? silence : std::cout,
              "",     {},     {}};
  RETURN_IF_ERROR(TellStory(stage));
  ASSIGN_OR_RETURN(Figures figures, ReadSettledFigures(stage));
  RETURN_IF_ERROR(AddParent(stage, settings, figures));
  std::cout << (json ? figures.Json() : figures.Text());
  return absl::OkStatus();
}

}  // namespace

int Run(const command::Arguments&, command::Modules) {
  const absl::Status told = Tell();
  return told.ok() ? 0 : command::Refuse(told);
}

}  // namespace vivier::demo
