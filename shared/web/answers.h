// What an rpc answered, as the form of its request has it. Functions without state, and
// StreamSource; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "shared/service/channel.h"
#include "shared/web/form.h"
#include "shared/web/server/http.h"

namespace vivier::web {

// How an answer is written.
struct Writing {
  Form form;
  const google::protobuf::Descriptor* type = nullptr;
  bool gzip = false;  // where it is worth it
};

HttpAnswer AnswerOf(const Writing& writing, absl::StatusOr<std::string> result);

// A refusal before anything was asked. `http` is its status where the form leaves that to HTTP.
HttpAnswer RefusalOf(const Form& form, const absl::Status& status);
HttpAnswer RefusalOf(const Form& form, const absl::Status& status, int http);

// An answer that goes on: each message is read from the service once the one before is on its way
// to the client, so no more than one waits here.
class StreamSource final : public BodySource, public std::enable_shared_from_this<StreamSource> {
 public:
  // `ended` is told once how the stream ended.
  StreamSource(Writing writing, std::function<void(const absl::Status&)> ended)
      : writing_(writing), ended_(std::move(ended)) {}

  void Start(rpc::Channel& channel, const std::string& path, const std::string& request,
             const rpc::CallOptions& options);

  void OnMore(std::function<void()> wake) override;
  State Read(std::string& bytes) override;
  void Close() override;

 private:
  void Came(std::string message);
  void Ended(absl::Status status);
  std::string EndOf(const absl::Status& status) const;

  const Writing writing_;
  const std::function<void(const absl::Status&)> ended_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<rpc::ClientStream> stream_;
  std::function<void()> wake_;
  std::optional<std::string> message_;
  std::optional<absl::Status> end_;
};

HttpAnswer StreamAnswer(const Form& form, std::shared_ptr<StreamSource> source);

}  // namespace vivier::web
