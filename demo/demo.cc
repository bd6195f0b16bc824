#include "demo/demo.h"

#include <filesystem>
#include <iostream>

#include "demo/figures.h"
#include "demo/parent.h"
#include "demo/steps.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/cli/options.h"
#include "shared/command/client.h"
#include "shared/command/settings.h"

namespace vivier::demo {
namespace {

// The parent's folder; its name is that of the first parent that the figures are submitted to. On
// one machine the certificates by which the school comes in there lie beside those of the parent's
// own operator.
command::Settings ParentSettings(const cli::Line& line, const command::Settings& own) {
  command::Settings settings = own;
  settings.data = line.Text(cli::kParentData);
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

absl::Status AddParent(const cli::Line& line, Stage& stage, const command::Settings& settings,
                       Figures& figures) {
  if (line.Text(cli::kParentData).empty()) return RequestSubmission(stage).status();
  const command::Settings above = ParentSettings(line, settings);
  RETURN_IF_ERROR(BringToTheSameDay(above, stage));
  ASSIGN_OR_RETURN(std::unique_ptr<command::Running> running, command::Running::Open(above));
  command::Client client(*running);
  RETURN_IF_ERROR(
      JoinAgain(stage, client, above.config.schools(0), settings.config.parents(0).join_codes()));
  ASSIGN_OR_RETURN(const int64_t revision, RequestSubmission(stage));
  ASSIGN_OR_RETURN(const Figures published,
                   ReadParent(stage, client, above.config.schools(0), revision));
  for (const auto& [name, value] : published.values()) figures.Add(name, value);
  return absl::OkStatus();
}

absl::Status Tell(const cli::Line& line) {
  ASSIGN_OR_RETURN(const command::Settings settings, command::ReadSettings(line));
  ASSIGN_OR_RETURN(std::unique_ptr<command::Running> running, command::Running::Open(settings));
  ASSIGN_OR_RETURN(const Folder folder,
                   ReadFolder(line.Text(cli::kStories) + "/" + line.Text(cli::kStory)));
  command::Client client(*running);
  std::ostream silence(nullptr);
  ASSIGN_OR_RETURN(std::unique_ptr<site::Clock> clock,
                   site::Clock::Open(settings.config, settings.data));
  const bool json = line.Is(cli::kJson);
  Stage stage{folder, client, *clock, settings.config.schools(0), json ? silence : std::cout,
              "",     {},     {}};
  RETURN_IF_ERROR(TellStory(stage));
  ASSIGN_OR_RETURN(Figures figures, ReadSettledFigures(stage));
  RETURN_IF_ERROR(AddParent(line, stage, settings, figures));
  std::cout << (json ? figures.Json() : figures.Text());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> Run(const cli::Line& line, command::Modules) {
  RETURN_IF_ERROR(Tell(line));
  return 0;
}

}  // namespace vivier::demo
