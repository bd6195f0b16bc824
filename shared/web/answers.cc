#include "shared/web/answers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "shared/web/framing.h"
#include "shared/web/gzip.h"
#include "shared/web/json.h"
#include "shared/web/refusal.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

constexpr char kType[] = "content-type";

absl::StatusOr<std::string> Coded(const Writing& writing, std::string bytes) {
  if (writing.form.coding == Coding::kProto) return bytes;
  return ToJson(*writing.type, bytes);
}

std::string AsText(const Form& form, std::string frames) {
  return form.text ? absl::Base64Escape(frames) : frames;
}

std::string TrailersFrame(const absl::Status& status) {
  return Framed(kTrailers, GrpcTrailers(status));
}

void Compress(const Writing& writing, HttpAnswer& answer) {
  answer.headers.emplace_back("vary", "Accept-Encoding");
  if (!writing.gzip || answer.body.size() < kGzipBytesMin || answer.body.size() > kGzipBytesMax)
    return;
  std::string packed = Gzip(answer.body);
  if (packed.empty() || packed.size() >= answer.body.size()) return;
  answer.body = std::move(packed);
  answer.headers.emplace_back("content-encoding", "gzip");
}

// When to come back, in whole seconds, as HTTP's own clients read it.
void AddRetryAfter(const absl::Status& status, Headers& headers) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo retry;
  if (!payload || !retry.ParseFromString(std::string(*payload))) return;
  const auto& delay = retry.retry_delay();
  headers.emplace_back("retry-after",
                       absl::StrCat(std::max<int64_t>(1, delay.seconds() + (delay.nanos() > 0))));
}

}  // namespace

HttpAnswer RefusalOf(const Form& form, const absl::Status& status) {
  return RefusalOf(form, status, HttpStatusOf(status.code()));
}

HttpAnswer RefusalOf(const Form& form, const absl::Status& status, int http) {
  const std::string type = ContentTypeOf(form);
  switch (form.protocol) {
    case Protocol::kConnect: {
      HttpAnswer answer{http, {{kType, "application/json"}}, ConnectError(status), nullptr};
      AddRetryAfter(status, answer.headers);
      return answer;
    }
    case Protocol::kConnectStream:
      return {200, {{kType, type}}, Framed(kConnectEnd, ConnectEnd(status)), nullptr};
    case Protocol::kGrpcWeb:
      break;
  }
  return {200, {{kType, type}}, AsText(form, TrailersFrame(status)), nullptr};
}

HttpAnswer AnswerOf(const Writing& writing, absl::StatusOr<std::string> result) {
  if (result.ok()) result = Coded(writing, *std::move(result));
  if (!result.ok()) return RefusalOf(writing.form, result.status());
  HttpAnswer answer{200, {{kType, ContentTypeOf(writing.form)}}, *std::move(result), nullptr};
  if (writing.form.protocol == Protocol::kConnect) {
    Compress(writing, answer);
    return answer;
  }
  answer.body = AsText(writing.form, Framed(kPlain, answer.body) + TrailersFrame(absl::OkStatus()));
  return answer;
}

HttpAnswer StreamAnswer(const Form& form, std::shared_ptr<StreamSource> source) {
  return {200, {{kType, ContentTypeOf(form)}}, "", std::move(source)};
}

void StreamSource::Start(rpc::Channel& channel, const std::string& path, const std::string& request,
                         const rpc::CallOptions& options) {
  const std::lock_guard lock(mutex_);  // a message may come before the channel has returned
  stream_ = channel.Stream(
      path, request, options,
      {[self = shared_from_this()](std::string message) { self->Came(std::move(message)); },
       [self = shared_from_this()](absl::Status status) { self->Ended(std::move(status)); }});
}

void StreamSource::OnMore(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void StreamSource::Came(std::string message) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    message_ = std::move(message);
    wake = wake_;
  }
  if (wake != nullptr) wake();
}

void StreamSource::Ended(absl::Status status) {
  ended_(status);
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    end_ = std::move(status);
    wake = wake_;
  }
  if (wake != nullptr) wake();
}

BodySource::State StreamSource::Read(std::string& bytes) {
  std::shared_ptr<rpc::ClientStream> stream;
  std::string message;
  {
    const std::lock_guard lock(mutex_);
    if (!message_.has_value()) {
      if (!end_.has_value()) return State::kOpen;
      bytes += EndOf(*end_);
      return State::kEnded;
    }
    message = *std::exchange(message_, std::nullopt);
    stream = stream_;
  }
  const absl::StatusOr<std::string> coded = Coded(writing_, std::move(message));
  if (!coded.ok()) {
    stream->Cancel();
    bytes += EndOf(coded.status());
    return State::kEnded;
  }
  bytes += AsText(writing_.form, Framed(kPlain, *coded));
  stream->Next();
  return State::kOpen;
}

std::string StreamSource::EndOf(const absl::Status& status) const {
  if (writing_.form.protocol == Protocol::kConnectStream)
    return Framed(kConnectEnd, ConnectEnd(status));
  return AsText(writing_.form, TrailersFrame(status));
}

void StreamSource::Close() {
  std::shared_ptr<rpc::ClientStream> stream;
  {
    const std::lock_guard lock(mutex_);
    if (!end_.has_value()) stream = stream_;
  }
  if (stream != nullptr) stream->Cancel();
}

}  // namespace vivier::web
