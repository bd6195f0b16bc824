// Redis as a cache that may vanish at any moment: nothing here ever fails because of it, an answer
// is a value or a miss. One multiplexed asynchronous connection per process and a second one for
// invalidations, both served by one thread of their own. Thread-safe.
//
// A command without an answer in time, or any other trouble, closes both connections; until they
// are back (jittered back-off from 0.1 to 2 s, then a handshake within a command's time) every call
// is a miss at once. So a hung Redis costs its callers one command's time, not one each: that is
// the breaker, and the handshake is its half-open state.
//
// Keys are "vivier:" + resource name; value.h draws the values, verifier.h says which are believed.
// CLIENT TRACKING (RESP2, BCAST, REDIRECT) tells which keys were changed, by whomever; owners
// announce what they changed on the channel "vivier:changed" besides, since a value that was put
// there again is a change as well.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/cache/counters.h"
#include "shared/cache/redis_link.h"
#include "shared/cache/value.h"
#include "shared/cache/verifier.h"
#include "shared/log/log_limit.h"
#include "shared/security/encryption.h"

namespace vivier::cache {

// What the secret file holds, without a newline at its end. FAILED_PRECONDITION, reason
// SECRET_FILE, when it cannot serve.
absl::StatusOr<std::string> ReadRedisPassword(const std::string& path);

class Redis {
 public:
  struct Options {
    std::string address;  // "unix:/path" or "host:port"
    // A secret file with the password of Redis's default user, read at each connection; "" for
    // none.
    std::string password_file = "";
    // Of all processes that share values (security::SchoolKey::Derive). A process without a key
    // believes what it has written itself, and nobody believes it.
    security::Key mac_key = security::Key::Random();
    std::function<absl::Time()> now = [] { return absl::Now(); };
    absl::Duration command_timeout = absl::Milliseconds(50);
    size_t waiting_max = 10'000;  // commands that wait for an answer; more are misses at once
  };
  // All of them run on the connection's thread and must neither block nor destroy the Redis.
  struct Listener {
    std::function<void(absl::string_view name)>
        on_changed;  // somebody, this process included, changed the value
    std::function<void()>
        on_lost;  // changes may have been missed: the connection broke or everything was flushed
    std::function<void()>
        on_ready;  // changes are heard from now on; called before the first command is sent
  };
  using GetCallback = std::function<void(std::optional<Versioned>)>;
  using DoneCallback = std::function<void(bool)>;

  Redis(Options options, Listener listener);
  ~Redis();  // calls back everything that waits

  // The callback runs on the connection's thread, or at once on the caller's when Redis is away.
  void Get(absl::string_view name, uint64_t fingerprint, GetCallback callback);

  // Stores unless an equal or newer version of the same schema is there. It lives until nobody
  // believes it any more, shortened by up to a fifth at random so that what was stored together
  // does not expire together. `callback` (may be null) tells whether it was stored.
  void SetIfNewer(absl::string_view name, uint64_t fingerprint, const Versioned& value,
                  DoneCallback callback = nullptr);

  // For the owner of the resource, after its commit: nobody who hears it believes an older value.
  void Announce(absl::string_view name);

  // Whether commands are sent at all just now.
  bool is_ready() const { return is_ready_.load(std::memory_order_acquire); }
  const RedisCounters& counters() const { return counters_; }

 private:
  using Clock = RedisLink::Clock;
  struct Command {
    std::vector<std::string> words;
    RedisLink::Callback callback;
  };

  void Submit(std::vector<std::string> words, RedisLink::Callback callback);
  void RunScript(std::shared_ptr<const std::vector<std::string>> arguments, bool by_hash,
                 DoneCallback callback);
  void OnValue(const std::string& key, uint64_t fingerprint, const redisReply* reply,
               const GetCallback& callback);

  // On the loop's thread only.
  void Loop();
  void SendQueued();
  void Wait();
  void Connect();
  void Handshake(RedisLink& link, std::vector<std::string> words,
                 std::function<void(const redisReply&)> next);
  bool Authenticate();
  void Listen(long long client_id);
  void OnMessage(const redisReply* reply);
  void Lose();
  Clock::time_point NextDeadline() const;

  const Options options_;
  const Listener listener_;
  const int wake_;  // an eventfd
  RedisCounters counters_;
  Verifier verifier_;
  std::atomic<bool> is_ready_{false};
  std::atomic<size_t> waiting_{0};
  std::mutex mutex_;
  std::vector<Command> queue_;
  bool is_stopped_ = false;

  RedisLink commands_, changes_;
  bool is_failed_ = false;
  std::string refusal_;  // why, when Redis or the password's file has said so
  LogLimit told_{1, absl::Minutes(1)};
  int failures_ = 0;
  Clock::time_point attempt_at_, ready_since_;
  std::thread thread_;
};

}  // namespace vivier::cache
