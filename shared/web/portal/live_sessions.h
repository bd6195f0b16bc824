// What access keeps of the portal's sessions, and whether each goes on. An answer is believed for
// some seconds, so a session that was ended elsewhere ends here within that time; where access does
// not answer, for a minute after the last time that it did. Thread-safe.
//
//   signed in ── Open ──▶ a row of access, whose name the cookie bears
//   a request ── Check ─▶ asked lately? that answer; else access is asked, once for all who wait
//   signed out ─ End ───▶ no row: a copy of the cookie is good for nothing
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/web/portal/house_rpcs.h"

namespace vivier::web {

// What a person tells their sessions apart by.
struct SignedInFrom {
  std::string device;   // "Firefox, Linux"
  std::string network;  // "192.0.2.0/24"
};

class LiveSessions {
 public:
  // How long an answer is believed: what a session that was ended elsewhere may go on for.
  static constexpr absl::Duration kBelieved = absl::Seconds(5);
  // How long while access does not answer: as long as a restart takes.
  static constexpr absl::Duration kGrace = absl::Minutes(1);
  // How exactly access knows when a session was last used.
  static constexpr absl::Duration kUsedEvery = absl::Minutes(15);
  // What is remembered before the answers that are not believed any more are forgotten.
  static constexpr size_t kRemembered = 8192;

  struct Options {
    std::vector<std::string> schools;
    std::function<absl::Time()> now;
    // Runs what goes on with a request where it may take long.
    std::function<void(std::function<void()>)> elsewhere;
  };
  // `rpcs` outlives it.
  LiveSessions(const HouseRpcs& rpcs, Options options);
  // Waits for the answers that are under way.
  ~LiveSessions();

  // Remembers that whoever this is has signed in, at the first school of the site that lets them,
  // and answers the session's name; blocks. NOT_ALLOWED where none does.
  absl::StatusOr<std::string> Open(const std::string& authorization, const SignedInFrom& from);

  using Then = std::function<void(const absl::Status&)>;
  // Calls `then` with OK while the session goes on, UNAUTHENTICATED once it has ended: at once
  // where that is known, else elsewhere.
  void Check(const std::string& name, const std::string& authorization, Then then);

  // Ends it, here at once; blocks. Others hear of it as access tells them.
  absl::Status End(const std::string& name, const std::string& authorization);

 private:
  // A name and what proves it: whoever shows another token waits for an answer of their own.
  using Key = std::pair<std::string, uint64_t>;
  struct Known {
    absl::Status status;
    absl::Time asked = absl::InfinitePast();
    absl::Time good = absl::InfinitePast();  // when access last said so
    absl::Time used = absl::InfinitePast();
    bool ended = false;  // by us
    std::vector<Then> waiting;
  };

  void Came(const Key& key, absl::Time asked, const absl::Status& status);
  void Forget(absl::Time now);

  const HouseRpcs& rpcs_;
  const Options options_;
  Monitor monitor_;  // guards what follows
  absl::flat_hash_map<Key, Known> known_;
  int under_way_ = 0;
};

}  // namespace vivier::web
