#include "shared/site/anchors.h"

#include "shared/log/log.h"

namespace vivier::site {

Anchors::Anchors(const std::string& service, const std::set<std::string>& schools,
                 Scheduler& scheduler)
    : service_(service) {
  for (const std::string& name : schools) {
    School& school = schools_[name];
    school.timer = std::make_unique<Scheduler::Timer>(scheduler, Scheduler::Lane::kHouse,
                                                      [this, &school] { Tell(school); });
  }
}

void Anchors::Committed(const std::string& school, const storage::Head& head) {
  const auto found = schools_.find(school);
  if (found == schools_.end()) return;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !found->second.moved.has_value();
    found->second.moved = storage::AnchorOf(school, service_, head);
  }
  if (first) found->second.timer->In(kEvery);
}

void Anchors::End() {
  for (auto& [name, school] : schools_) {
    school.timer->Close();
    Tell(school);
  }
}

void Anchors::Tell(School& school) {
  std::optional<storage::Anchor> moved;
  {
    const std::lock_guard lock(mutex_);
    moved.swap(school.moved);
  }
  if (moved.has_value())
    Log(LogLevel::kInfo, "the chains are anchored", {{"anchor", storage::AnchorText(*moved)}});
}

}  // namespace vivier::site
