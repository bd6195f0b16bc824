#include "shared/web/portal/live_sessions.h"

#include <cstdint>
#include <optional>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"

namespace vivier::web {
namespace {

absl::Status Ended() {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               "the session has ended; sign in again");
}

// What access said, as the one whose session it is hears it; nullopt where it said nothing.
std::optional<absl::Status> Judged(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnauthenticated:
      return status;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
      return Ended();
    default:
      return std::nullopt;
  }
}

}  // namespace

LiveSessions::LiveSessions(const HouseRpcs& rpcs, Options options)
    : rpcs_(rpcs), options_(std::move(options)) {}

LiveSessions::~LiveSessions() {
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return under_way_ == 0; });
}

absl::StatusOr<std::string> LiveSessions::Open(const std::string& authorization,
                                               const SignedInFrom& from) {
  absl::Status refused = Error(absl::StatusCode::kPermissionDenied, "NOT_ALLOWED",
                               "nobody was signed in: no school of this site knows them");
  for (const std::string& school : options_.schools) {
    const auto opened = rpcs_.Ask(kOpenSession,
                                  JsonOf({{"parent", absl::StrCat("schools/", school)},
                                          {"portalSession.device", from.device},
                                          {"portalSession.network", from.network},
                                          {"requestId", TimeOrderedUuid()}}),
                                  authorization);
    if (opened.ok()) return TextOf(*opened, "name");
    if (!absl::IsPermissionDenied(opened.status())) return opened.status();
  }
  return refused;
}

void LiveSessions::Check(const std::string& name, const std::string& authorization, Then then) {
  const absl::Time now = options_.now();
  const Key key(name, absl::HashOf(authorization));
  std::optional<absl::Status> believed;
  bool uses = false;
  {
    Monitor::Lock lock(monitor_);
    if (known_.size() >= kRemembered) Forget(now);
    Known& known = known_[key];
    if (known.ended) {
      believed = Ended();
    } else if (now < known.asked + kBelieved) {
      believed = known.status;
    } else {
      known.waiting.push_back(std::move(then));
      if (known.waiting.size() > 1) return;  // it is being asked
      uses = now >= known.used + kUsedEvery;
      if (uses) known.used = now;
      ++under_way_;
    }
  }
  if (believed.has_value()) return then(*believed);
  rpcs_.Start(kCheckSession, JsonOf({{"name", name}}), authorization,
              [this, key, now](const absl::Status& status) { Came(key, now, status); });
  if (uses)
    rpcs_.Start(kUseSession, JsonOf({{"name", name}, {"requestId", TimeOrderedUuid()}}),
                authorization, [](const absl::Status&) {});
}

void LiveSessions::Came(const Key& key, absl::Time asked, const absl::Status& status) {
  std::vector<Then> waiting;
  absl::Status told;
  {
    Monitor::Lock lock(monitor_);
    Known& known = known_[key];
    const std::optional<absl::Status> judged = Judged(status);
    if (judged.has_value() && judged->ok()) known.good = asked;
    told = known.ended                   ? Ended()
           : judged.has_value()          ? *judged
           : asked < known.good + kGrace ? absl::OkStatus()
                                         : status;
    known.status = told;
    known.asked = asked;
    waiting.swap(known.waiting);
  }
  for (Then& then : waiting) options_.elsewhere([then = std::move(then), told] { then(told); });
  Monitor::Lock lock(monitor_);
  --under_way_;
}

// Under the mutex.
void LiveSessions::Forget(absl::Time now) {
  absl::erase_if(known_, [now](const auto& entry) {
    const Known& known = entry.second;
    return known.waiting.empty() && now >= known.asked + kGrace && now >= known.good + kGrace;
  });
}

absl::Status LiveSessions::End(const std::string& name, const std::string& authorization) {
  {
    Monitor::Lock lock(monitor_);
    known_[Key(name, absl::HashOf(authorization))];
    for (auto& [key, known] : known_) {
      if (key.first != name) continue;
      known.ended = true;
      known.asked = options_.now();  // remembered until access has heard of it
    }
  }
  const absl::Status ended =
      rpcs_
          .Ask(kEndSession, JsonOf({{"name", name}, {"requestId", TimeOrderedUuid()}}),
               authorization)
          .status();
  return absl::IsNotFound(ended) ? absl::OkStatus() : ended;
}

}  // namespace vivier::web
