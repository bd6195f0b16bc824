#include "shared/service/channel.h"

#include <utility>

namespace vivier::rpc {

BlockingStream::BlockingStream(rpc::Channel& channel, const std::string& path,
                               const std::string& request, const rpc::CallOptions& options) {
  stream_ = channel.Stream(path, request, options,
                           {[this](std::string message) {
                              Monitor::Lock lock(monitor_);
                              message_ = std::move(message);
                            },
                            [this](absl::Status end) {
                              Monitor::Lock lock(monitor_);
                              end_ = std::move(end);
                            }});
}

BlockingStream::~BlockingStream() {
  stream_->Cancel();
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return end_.has_value(); });
}

absl::StatusOr<std::optional<std::string>> BlockingStream::Read() {
  if (!std::exchange(asked_, true)) stream_->Next();
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return message_.has_value() || end_.has_value(); });
  if (message_.has_value()) {
    asked_ = false;
    return std::exchange(message_, std::nullopt);
  }
  if (!end_->ok()) return *end_;
  return std::nullopt;
}

}  // namespace vivier::rpc
