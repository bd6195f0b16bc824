#include "shared/site/anchors.h"

#include "shared/log/log.h"
#include "shared/storage/log/perform.h"

namespace vivier::site {

Anchors::Anchors(const std::string& service, const std::set<std::string>& schools,
                 Scheduler& scheduler, storage::Writer& writer)
    : service_(service), writer_(writer) {
  for (const std::string& name : schools) {
    School& school = schools_[name];
    school.timer = std::make_unique<Scheduler::Timer>(
        scheduler, Scheduler::Lane::kHouse, [this, name, &school] { AnchorAt(name, school); });
  }
}

// An anchor moves the log alone, as does the cursor of who follows it: two services that follow
// each other would anchor each other's anchors for ever.
void Anchors::Committed(const std::string& school, const storage::Head& head) {
  const auto found = schools_.find(school);
  if (found == schools_.end()) return;
  storage::Anchor anchor = storage::AnchorOf(school, service_, head);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    const storage::Anchor& told = found->second.told;
    if (anchor.act == told.act && anchor.reading == told.reading) return;
    first = !found->second.moved.has_value();
    found->second.moved = std::move(anchor);
  }
  if (first) found->second.timer->In(kEvery);
}

void Anchors::End() {
  for (auto& [name, school] : schools_) {
    school.timer->Close();
    Tell(school);
  }
}

void Anchors::AnchorAt(const std::string& name, School& school) {
  if (!Tell(school)) return;
  storage::PerformLater(
      writer_, name,
      [](storage::Transaction& transaction, absl::Time now) {
        return storage::AnchorTrails(transaction, now);
      },
      [service = service_, name](const absl::Status& anchored) {
        if (!anchored.ok())
          Log(LogLevel::kWarning, "the trails could not be anchored in the service's log",
              {{"service", service}, {"school", name}, {"error", anchored.message()}});
      });
}

bool Anchors::Tell(School& school) {
  std::optional<storage::Anchor> moved;
  {
    const std::lock_guard lock(mutex_);
    moved.swap(school.moved);
    if (!moved.has_value()) return false;
    school.told = *moved;
  }
  Log(LogLevel::kInfo, "the chains are anchored", {{"anchor", storage::AnchorText(*moved)}});
  return true;
}

}  // namespace vivier::site
