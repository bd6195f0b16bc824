// A line for each school, and turns between those where somebody waits: no school waits for how
// much another one asks. Not thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/queue/fair_line.h"

namespace vivier {

template <class T>
class SchoolLines {
 public:
  using Taken = typename FairLine<T>::Taken;

  // Adds to the school's line, and gives what the line has no room for, perhaps the same item.
  std::vector<T> Add(const std::string& school, absl::string_view share, T item, absl::Time now) {
    Line& line = lines_[school];
    line.waiting.Add(share, std::move(item), now);
    ++size_;
    Ready(line, /*first=*/false);
    std::vector<T> shed = line.waiting.Shed(now);
    size_ -= shed.size();
    return shed;
  }

  // Up to `most` of the school whose turn it is; empty only when nobody waits.
  std::vector<Taken> Take(size_t most, absl::Time now) {
    std::vector<Taken> taken;
    while (taken.empty() && !ready_.empty()) {
      Line& line = *ready_.front();
      ready_.pop_front();
      line.ready = false;
      while (taken.size() < most && !line.waiting.empty()) taken.push_back(*line.waiting.Take(now));
      size_ -= taken.size();
      if (!line.waiting.empty()) Ready(line, /*first=*/false);
    }
    return taken;
  }

  // One of the school whose turn it is, among those who `may` (fair_line.h).
  template <class May>
  std::optional<Taken> TakeIf(absl::Time now, const May& may) {
    for (auto ready = ready_.begin(); ready != ready_.end(); ++ready) {
      Line& line = **ready;
      std::optional<Taken> taken = line.waiting.TakeIf(now, may);
      if (!taken.has_value()) continue;
      ready_.erase(ready);
      line.ready = false;
      --size_;
      if (!line.waiting.empty()) Ready(line, /*first=*/false);
      return taken;
    }
    return std::nullopt;
  }

  // Gives back what was taken, to be taken next. In the order of Take.
  void PutBack(const std::string& school, std::vector<Taken> taken) {
    Line& line = lines_[school];
    size_ += taken.size();
    for (; !taken.empty(); taken.pop_back())
      line.waiting.PutBack(taken.back().share, std::move(taken.back().item), taken.back().since);
    if (!line.waiting.empty()) Ready(line, /*first=*/true);
  }

  // The newest of those who have most at this school; none when all that waits is our own.
  std::optional<T> TakeNewest(const std::string& school) {
    std::optional<T> newest = lines_[school].waiting.TakeNewest();
    if (newest.has_value()) --size_;
    return newest;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Line {
    FairLine<T> waiting;
    bool ready = false;
  };

  void Ready(Line& line, bool first) {
    if (line.ready) return;
    line.ready = true;
    first ? ready_.push_front(&line) : ready_.push_back(&line);
  }

  absl::node_hash_map<std::string, Line> lines_;  // as many as a process has schools
  std::deque<Line*> ready_;                       // where somebody waits, in the order of turns
  size_t size_ = 0;
};

}  // namespace vivier
