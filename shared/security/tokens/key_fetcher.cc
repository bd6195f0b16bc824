#include "shared/security/tokens/key_fetcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/security/tokens/key_document.h"

namespace vivier::security {
namespace {

absl::StatusOr<KeySet> FetchKeys(const KeyFetcher::Source& source) {
  ASSIGN_OR_RETURN(const std::string document,
                   ReadKeyDocument(source.address, source.authority_file));
  return ParseKeySet(document);
}

}  // namespace

KeyFetcher::KeyFetcher(std::vector<Source> sources, Options options) : options_(options) {
  for (Source& source : sources) issuers_.push_back({.source = std::move(source)});
}

void KeyFetcher::Start(OnKeys on_keys) {
  if (issuers_.empty()) return;
  Monitor::Lock lock(monitor_);
  on_keys_ = std::move(on_keys);
  running_ = true;
  for (Issuer& issuer : issuers_) issuer.state = State::kWanted;
  thread_ = std::thread([this] { Loop(); });
}

void KeyFetcher::Stop() {
  {
    Monitor::Lock lock(monitor_);
    running_ = false;
  }
  if (thread_.joinable()) thread_.join();
  waiting_.clear();
}

bool KeyFetcher::Request(const std::string& issuer, absl::Time now) {
  Monitor::Lock lock(monitor_);
  const auto found = std::find_if(issuers_.begin(), issuers_.end(), [&issuer](const Issuer& known) {
    return known.source.issuer == issuer;
  });
  if (!running_ || found == issuers_.end() || waiting_.size() >= options_.waiting_max) return false;
  if (found->state != State::kIdle) return true;
  if (now < found->requested + options_.pause) return false;
  found->requested = now;
  found->state = State::kWanted;
  return true;
}

void KeyFetcher::AfterFetch(std::function<void()> then) {
  {
    Monitor::Lock lock(monitor_);
    if (running_ && Busy()) return waiting_.push_back(std::move(then));
  }
  then();
}

void KeyFetcher::Loop() {
  while (true) {
    const std::vector<Issuer*> round = AwaitDue();
    if (round.empty()) return;
    for (Issuer* issuer : round) Fetch(*issuer);
    for (const std::function<void()>& then : Finish(round)) then();
  }
}

// The issuers of the next round; none when the fetcher stops.
std::vector<KeyFetcher::Issuer*> KeyFetcher::AwaitDue() {
  Monitor::Lock lock(monitor_);
  while (running_) {
    const absl::Time now = absl::Now();
    std::vector<Issuer*> round;
    for (Issuer& issuer : issuers_)
      if (issuer.state == State::kWanted || issuer.due <= now) round.push_back(&issuer);
    for (Issuer* issuer : round) issuer->state = State::kFetching;
    if (!round.empty()) return round;
    lock.AwaitFor(NextDue() - now, [this] { return !running_ || Wanted(); });
  }
  return {};
}

void KeyFetcher::Fetch(Issuer& issuer) {
  absl::StatusOr<KeySet> keys = FetchKeys(issuer.source);
  if (!keys.ok()) return Failed(issuer, keys.status());
  if (issuer.failing || !issuer.known)
    Log(LogLevel::kInfo, "the keys of an issuer are known",
        {{"issuer", issuer.source.issuer}, {"keys", absl::StrCat(keys->size())}});
  issuer.failing = false;
  issuer.known = true;
  issuer.fetched = absl::Now();
  on_keys_(issuer.source.issuer, *std::move(keys));
}

void KeyFetcher::Failed(Issuer& issuer, const absl::Status& error) {
  // No honest token is older. Whoever keeps the issuer from us does not keep a key alive that it
  // has revoked.
  const bool outdated = issuer.known && absl::Now() >= issuer.fetched + options_.age_max;
  if (outdated) {
    issuer.known = false;
    on_keys_(issuer.source.issuer, {});
  }
  if (!issuer.failing || outdated)
    Log(LogLevel::kWarning,
        issuer.known
            ? "the keys of an issuer cannot be fetched; those that are known serve on for a day"
            : "the keys of an issuer cannot be fetched; its tokens are refused until they can",
        {{"issuer", issuer.source.issuer}, {"error", error.message()}});
  issuer.failing = true;
}

std::vector<std::function<void()>> KeyFetcher::Finish(const std::vector<Issuer*>& round) {
  Monitor::Lock lock(monitor_);
  for (Issuer* issuer : round) {
    issuer->state = State::kIdle;
    issuer->due = absl::Now() + (issuer->failing ? options_.retry : options_.refresh);
  }
  return std::exchange(waiting_, {});
}

absl::Time KeyFetcher::NextDue() const {
  return std::min_element(issuers_.begin(), issuers_.end(),
                          [](const Issuer& a, const Issuer& b) { return a.due < b.due; })
      ->due;
}

bool KeyFetcher::Busy() const {
  return std::any_of(issuers_.begin(), issuers_.end(),
                     [](const Issuer& issuer) { return issuer.state != State::kIdle; });
}

bool KeyFetcher::Wanted() const {
  return std::any_of(issuers_.begin(), issuers_.end(),
                     [](const Issuer& issuer) { return issuer.state == State::kWanted; });
}

}  // namespace vivier::security
