// One asynchronous connection to Redis inside somebody's poll loop, on hiredis 0.14. It absorbs
// what that library lacks: every command has a deadline, and whatever goes wrong closes the
// connection, because hiredis would give a late answer to the next question. Not thread-safe:
// belongs to the thread that polls, which must have SIGPIPE blocked (hiredis writes to a dead peer
// without MSG_NOSIGNAL).
#pragma once

#include <hiredis/async.h>
#include <poll.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace vivier::cache {

class RedisLink {
 public:
  using Clock = std::chrono::steady_clock;
  // Null when the connection broke, or was closed, before an answer came. Must not open or close
  // the link.
  using Callback = std::function<void(const redisReply*)>;

  RedisLink() = default;
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink() { Close(); }

  // "unix:/path" or "host:port". False when it fails at once; later failures show as !is_open().
  bool Open(const std::string& address);
  void Close();  // calls back what is still waiting
  bool is_open() const { return context_ != nullptr; }

  // `callback` gets the answer, which must come before `deadline`; deadlines never decrease.
  void Send(absl::Span<const std::string> words, Clock::time_point deadline, Callback callback);

  // `callback` gets each subscription's confirmation, then every message on the channels, and null
  // at the end.
  void Subscribe(std::vector<std::string> channels, Callback callback);

  // The earliest deadline of what is waiting.
  Clock::time_point Deadline() const;

  pollfd Interest() const;  // what to poll for
  void Handle(short events);

 private:
  struct Waiting {
    RedisLink* link;
    Clock::time_point deadline;
    Callback callback;
  };

  void SendArguments(redisCallbackFn* function, void* data, absl::Span<const std::string> words);
  static void OnReply(redisAsyncContext* context, void* reply, void* data);
  static void OnMessage(redisAsyncContext* context, void* reply, void* data);

  redisAsyncContext* context_ =
      nullptr;  // hiredis frees it by itself after an error and says so by its clean-up hook
  bool wants_write_ = false;
  std::deque<std::unique_ptr<Waiting>> waiting_;  // in the order of the answers
  Callback on_message_;
};

}  // namespace vivier::cache
