// What waits to be served: in turns between those who wait, so that one who asks much is in nobody
// else's way; and, when more comes than is served, with an early no for the newest, so that the
// others are still served in time.
//
//   calm ──── the oldest has waited above kTarget, for kInterval, ───▶ overloaded
//    ▲        or more waits than is served in kHopeless                    │
//    │                                                                     │
//    └──── the oldest has waited below kTarget / 2, for kInterval ─────────┘
//
// It goes by time and not by length (Nichols and Jacobson, "Controlling Queue Delay", 2012): a
// burst that is served within kInterval is never refused, however large. While overloaded the line
// holds what is served within kTarget. Not thread-safe; time is the caller's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace vivier {

// What a line knows about time. Apart from the template, so that it is compiled once.
class LinePace {
 public:
  // A person notices a tenth of a second, and a call passes several lines.
  static constexpr absl::Duration kTarget = absl::Milliseconds(50);
  static constexpr absl::Duration kInterval = absl::Milliseconds(100);
  // Twice the interval, for the pace is known roughly.
  static constexpr absl::Duration kHopeless = absl::Milliseconds(200);

  // One more is served; whether others wait. An empty line says nothing about the pace, unless it
  // is overloaded: then it was emptied by one batch, and filled again during the next.
  void Served(absl::Time now, bool others_wait);
  // The last one was not served after all.
  void NotServed();
  // How many wait, and how long the oldest has, zero for an empty line.
  void Observe(absl::Time now, size_t waiting, absl::Duration oldest);
  bool overloaded() const { return overloaded_; }
  // How many are served within kTarget.
  size_t room() const;

 private:
  bool Hopeless(size_t waiting, absl::Duration oldest) const;

  bool overloaded_ = false;
  absl::Time changing_since_ = absl::InfiniteFuture();  // since when the other state would be right
  bool counting_ = false;
  absl::Time counting_since_;
  int counted_ = 0;
  bool measured_ = false;  // since others began to wait
  double per_second_ = 0;
};

template <class T>
class FairLine {
 public:
  // `share` is whose turn it takes. Those of the share "" are our own: they keep their turn and are
  // never shed.
  void Add(absl::string_view share, T item, absl::Time now) {
    Find(share).items.push_back({std::move(item), now});
    ++size_;
  }

  // Before all others of its share; `since` is when it was added.
  void PutBack(absl::string_view share, T item, absl::Time since) {
    Find(share).items.push_front({std::move(item), since});
    ++size_;
    pace_.NotServed();
  }

  struct Taken {
    std::string share;
    T item;
    absl::Time since;
  };
  // The oldest of the share whose turn it is.
  std::optional<Taken> Take(absl::Time now) {
    return TakeIf(now, [](absl::string_view) { return true; });
  }

  // The same, of those shares that `may`, which tells by the name; the others keep their turn.
  template <class May>
  std::optional<Taken> TakeIf(absl::Time now, const May& may) {
    const auto share = std::find_if(shares_.begin(), shares_.end(),
                                    [&may](const Share& one) { return may(one.name); });
    if (share == shares_.end()) return std::nullopt;
    Taken taken{share->name, std::move(share->items.front().item), share->items.front().since};
    share->items.pop_front();
    --size_;
    if (share->items.empty()) {
      Forget(share);
    } else {
      shares_.splice(shares_.end(), shares_, share);
    }
    pace_.Served(now, size_ > 0);
    return taken;
  }

  // What the line has no room for: nothing unless it is overloaded, else the newest of those who
  // have most.
  std::vector<T> Shed(absl::Time now) {
    Observe(now);
    std::vector<T> shed;
    while (pace_.overloaded() && size_ > pace_.room()) {
      std::optional<T> newest = TakeNewest();
      if (!newest.has_value()) break;
      shed.push_back(*std::move(newest));
    }
    return shed;
  }

  // The newest of those who have most; none when all that waits is our own.
  std::optional<T> TakeNewest() {
    auto most = shares_.end();
    for (auto share = shares_.begin(); share != shares_.end(); ++share)
      if (!share->name.empty() &&
          (most == shares_.end() || share->items.size() > most->items.size()))
        most = share;
    if (most == shares_.end()) return std::nullopt;
    T item = std::move(most->items.back().item);
    most->items.pop_back();
    --size_;
    if (most->items.empty()) Forget(most);
    return item;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  static constexpr absl::Duration kObserveEvery = absl::Milliseconds(2);

  struct Waiting {
    T item;
    absl::Time since;
  };
  struct Share {
    std::string name;
    std::deque<Waiting> items;
  };
  using Shares = std::list<Share>;  // in the order of their turns

  Share& Find(absl::string_view name) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return *found->second;
    shares_.push_back({std::string(name), {}});
    by_name_.emplace(name, std::prev(shares_.end()));
    return shares_.back();
  }

  void Forget(typename Shares::iterator share) {
    by_name_.erase(share->name);
    shares_.erase(share);
  }

  void Observe(absl::Time now) {
    if (now < observed_ + kObserveEvery && size_ > 0) return;
    observed_ = now;
    absl::Time oldest = now;
    for (const Share& share : shares_) oldest = std::min(oldest, share.items.front().since);
    pace_.Observe(now, size_, now - oldest);
  }

  Shares shares_;
  absl::flat_hash_map<std::string, typename Shares::iterator> by_name_;
  size_t size_ = 0;
  absl::Time observed_ = absl::InfinitePast();
  LinePace pace_;
};

}  // namespace vivier
