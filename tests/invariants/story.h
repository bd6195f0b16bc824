// The stories of demo, told to a World. Not thread-safe.
#pragma once

#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "demo/figures.h"
#include "demo/steps.h"
#include "tests/support/world.h"

namespace vivier::testing {

struct Telling {
  absl::StatusOr<demo::Figures> figures;
  std::string lines;
};

// The services of a World as a client reaches them.
class WorldReach : public command::Reach {
 public:
  explicit WorldReach(World& world) : world_(world) {}
  absl::StatusOr<std::shared_ptr<rpc::Channel>> To(const std::string&) override {
    return world_.site().channel();
  }
  absl::StatusOr<std::string> Authorization(const security::Caller& caller) override {
    return world_.site().Authorization(caller);
  }

 private:
  World& world_;
};

// Tells the story in the folder demo/NAME of the sources that VIVIER_SOURCE names.
inline Telling Tell(World& world, const std::string& name) {
  const auto folder = demo::ReadFolder(std::string(std::getenv("VIVIER_SOURCE")) + "/demo/" + name);
  if (!folder.ok()) return {folder.status(), ""};
  WorldReach reach(world);
  command::Client client(reach);
  std::ostringstream lines;
  const std::unique_ptr<site::Clock> clock = ClockOf(world);
  demo::Stage stage{*folder, client, *clock, World::kSchool, lines, "", {}, {}};
  const absl::Status told = demo::TellStory(stage);
  if (!told.ok()) return {told, lines.str()};
  return {demo::ReadSettledFigures(stage), lines.str()};
}

}  // namespace vivier::testing
