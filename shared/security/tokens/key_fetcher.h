// Fetches the keys of foreign issuers on a thread of its own: at the start, before they grow old,
// and at once when a token names a key that is not known, the latter once a minute and issuer at
// the most, however many such tokens come. An issuer that does not answer keeps its known keys for
// a day, the longest life of a token. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/security/tokens/verification_key.h"

namespace vivier::security {

class KeyFetcher {
 public:
  struct Source {
    std::string issuer;
    std::string address;         // as ReadKeyDocument takes it
    std::string authority_file;  // likewise
  };
  struct Options {
    absl::Duration refresh = absl::Minutes(5);  // between two fetches that nobody asked for
    absl::Duration retry = absl::Seconds(10);   // after one that failed
    absl::Duration pause = absl::Minutes(1);    // between two that unknown keys asked for
    absl::Duration age_max = absl::Hours(24);   // of keys that could not be fetched again
    size_t waiting_max = 4096;  // calls that wait for keys; the server takes no more at a time
  };
  using OnKeys = std::function<void(const std::string& issuer, KeySet keys)>;

  KeyFetcher(std::vector<Source> sources, Options options);
  ~KeyFetcher() { Stop(); }

  // Begins to fetch. `on_keys` is called on the fetcher's thread with all keys that an issuer has
  // now.
  void Start(OnKeys on_keys);
  // Waits for the fetch that is under way, and drops what waits for its end.
  void Stop();

  // Whether the issuer's keys are being fetched, because of this request or already.
  bool Request(const std::string& issuer, absl::Time now);
  // Calls `then` once no fetch is under way: at once, or on the fetcher's thread.
  void AfterFetch(std::function<void()> then);

 private:
  enum class State { kIdle, kWanted, kFetching };
  struct Issuer {
    Source source;
    State state = State::kIdle;
    absl::Time requested = absl::InfinitePast();  // by a token
    absl::Time due = absl::InfinitePast();
    // What follows is the fetcher's thread's own.
    absl::Time fetched = absl::InfinitePast();  // successfully, when `known`
    bool known = false;
    bool failing = false;
  };

  void Loop();
  std::vector<Issuer*> AwaitDue();
  void Fetch(Issuer& issuer);
  void Failed(Issuer& issuer, const absl::Status& error);
  std::vector<std::function<void()>> Finish(const std::vector<Issuer*>& round);
  absl::Time NextDue() const;
  bool Busy() const;
  bool Wanted() const;

  const Options options_;
  OnKeys on_keys_;
  Monitor monitor_;  // guards what follows
  bool running_ = false;
  std::vector<Issuer> issuers_;
  std::vector<std::function<void()>> waiting_;
  std::thread thread_;
};

}  // namespace vivier::security
