#include "shared/cache/redis_link.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace vivier::cache {
namespace {

redisAsyncContext* Connect(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "unix:"))
    return redisAsyncConnectUnix(std::string(address).c_str());
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port))
    return nullptr;
  return redisAsyncConnect(std::string(address.substr(0, colon)).c_str(), port);
}

}  // namespace

bool RedisLink::Open(const std::string& address) {
  Close();
  redisAsyncContext* const context = Connect(address);
  if (context == nullptr) return false;
  if (context->err != 0) {
    redisAsyncFree(context);
    return false;
  }
  context_ = context;
  wants_write_ = true;  // the first writability tells hiredis that it is connected
  context->ev.data = this;
  context->ev.addWrite = [](void* link) { static_cast<RedisLink*>(link)->wants_write_ = true; };
  context->ev.delWrite = [](void* link) { static_cast<RedisLink*>(link)->wants_write_ = false; };
  context->ev.cleanup = [](void* link) { static_cast<RedisLink*>(link)->context_ = nullptr; };
  return true;
}

void RedisLink::Close() {
  if (context_ != nullptr) redisAsyncFree(context_);
  waiting_.clear();
}

void RedisLink::SendArguments(redisCallbackFn* function, void* data,
                              absl::Span<const std::string> words) {
  std::vector<const char*> arguments;
  std::vector<size_t> lengths;
  for (const std::string& word : words) {
    arguments.push_back(word.data());
    lengths.push_back(word.size());
  }
  if (context_ == nullptr ||
      redisAsyncCommandArgv(context_, function, data, static_cast<int>(words.size()),
                            arguments.data(), lengths.data()) != REDIS_OK)
    function(context_, nullptr, data);
}

void RedisLink::Send(absl::Span<const std::string> words, Clock::time_point deadline,
                     Callback callback) {
  waiting_.push_back(std::make_unique<Waiting>(Waiting{this, deadline, std::move(callback)}));
  SendArguments(&OnReply, waiting_.back().get(), words);
}

void RedisLink::Subscribe(std::vector<std::string> channels, Callback callback) {
  on_message_ = std::move(callback);
  channels.insert(channels.begin(), "SUBSCRIBE");
  SendArguments(&OnMessage, this, channels);
}

void RedisLink::OnReply(redisAsyncContext*, void* reply, void* data) {
  auto* const waiting = static_cast<Waiting*>(data);
  RedisLink& link = *waiting->link;
  const Callback callback = std::move(waiting->callback);
  // Answers come in the order of the questions; only one that could not even be sent is the last.
  if (!link.waiting_.empty() && link.waiting_.front().get() == waiting) {
    link.waiting_.pop_front();
  } else {
    link.waiting_.pop_back();
  }
  callback(static_cast<const redisReply*>(reply));
}

void RedisLink::OnMessage(redisAsyncContext*, void* reply, void* data) {
  static_cast<RedisLink*>(data)->on_message_(static_cast<const redisReply*>(reply));
}

RedisLink::Clock::time_point RedisLink::Deadline() const {
  return waiting_.empty() ? Clock::time_point::max() : waiting_.front()->deadline;
}

pollfd RedisLink::Interest() const {
  if (context_ == nullptr) return {-1, 0, 0};
  return {context_->c.fd, static_cast<short>(wants_write_ ? POLLIN | POLLOUT : POLLIN), 0};
}

void RedisLink::Handle(short events) {
  if (context_ != nullptr && (events & (POLLOUT | POLLERR | POLLHUP)) != 0 && wants_write_)
    redisAsyncHandleWrite(context_);
  if (context_ != nullptr && (events & (POLLIN | POLLERR | POLLHUP)) != 0)
    redisAsyncHandleRead(context_);
}

}  // namespace vivier::cache
