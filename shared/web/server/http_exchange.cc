#include "shared/web/server/http_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

using Phase = Connections::Phase;

constexpr size_t kPieceBytes = 16 * 1024;                  // half of what a connection may keep
constexpr absl::Duration kLastAnswers = absl::Seconds(1);  // to be sent at the end

// HTTP's answer to what is no HTTP: nothing of the request is in it.
HttpAnswer Unclear(const absl::Status& status) {
  return {400,
          {{"content-type", "text/plain; charset=utf-8"}},
          std::string(status.message()) + "\n",
          nullptr};
}

void FreeString(void* text) { delete static_cast<std::string*>(text); }

}  // namespace

// ---- all of them
// ----------------------------------------------------------------------------------

bool UnderWay::Take(size_t bytes) {
  if (body_bytes_.fetch_add(bytes) + bytes <= bodies_bytes_max_) return true;
  body_bytes_ -= bytes;
  return false;
}

void UnderWay::Add(std::shared_ptr<HttpExchange> exchange) {
  Monitor::Lock lock(monitor_);
  exchanges_.insert(std::move(exchange));
}

void UnderWay::Remove(const std::shared_ptr<HttpExchange>& exchange) {
  Monitor::Lock lock(monitor_);
  exchanges_.erase(exchange);
}

std::vector<std::shared_ptr<HttpExchange>> UnderWay::All() {
  Monitor::Lock lock(monitor_);
  return {exchanges_.begin(), exchanges_.end()};
}

void UnderWay::Drain(absl::Duration patience) {
  draining_ = true;
  for (const auto& exchange : All()) exchange->EndStream();
  AwaitNone(patience);
  ending_ = true;
  for (const auto& exchange : All()) exchange->EndNow();
  AwaitNone(kLastAnswers);
}

void UnderWay::AwaitNone(absl::Duration timeout) {
  Monitor::Lock lock(monitor_);
  lock.AwaitFor(timeout, [this] { return exchanges_.empty(); });
}

// ---- one
// ------------------------------------------------------------------------------------------

MHD_Result HttpExchange::Begin(const absl::Status& clear) {
  if (!clear.ok()) return Queue(Unclear(clear));
  if (under_way_.draining()) return Queue(under_way_.handler().Overloaded(request_));
  auto admitted = under_way_.handler().Admit(request_);
  if (auto* answer = std::get_if<HttpAnswer>(&admitted)) {
    if (!MayDropBody()) return Queue(std::move(*answer));
    answer_ = std::move(*answer);
    body_bytes_max_ = kDroppedBytesMax;
  } else {
    body_bytes_max_ = std::get<size_t>(admitted);
  }
  under_way_.connections().Enter(place_, Phase::kBody);
  return MHD_YES;
}

// Who is answered before they have sent their body may be cut off before they read the answer, and
// the library ends the connection.
bool HttpExchange::MayDropBody() const {
  uint64_t length = 0;
  const absl::string_view text = request_.Header("content-length");
  return request_.Header("expect").empty() &&
         (text.empty() || (absl::SimpleAtoi(text, &length) && length <= kDroppedBytesMax));
}

MHD_Result HttpExchange::Continue(const char* data, size_t* size) {
  if (*size > 0) return Take(data, std::exchange(*size, 0));
  return std::exchange(handled_, true) ? Await() : Handle();
}

// In the middle of a body the library takes no answer: what is too much is read and dropped, up to
// a bound, and answered at its end.
MHD_Result HttpExchange::Take(const char* data, size_t size) {
  body_bytes_ += size;
  too_large_ = too_large_ || body_bytes_ > body_bytes_max_;
  if (body_bytes_ > body_bytes_max_ + kExcessBytes) return MHD_NO;
  if (too_large_ || overloaded_ || answer_.has_value()) return MHD_YES;
  if (!under_way_.Take(size)) {
    overloaded_ = true;
    return MHD_YES;
  }
  taken_bytes_ += size;
  request_.body.append(data, size);
  return MHD_YES;
}

MHD_Result HttpExchange::Handle() {
  if (answer_.has_value()) return Queue(*std::move(answer_));
  if (too_large_) return Queue(under_way_.handler().TooLarge(request_, body_bytes_max_));
  if (overloaded_ || under_way_.draining()) return Queue(under_way_.handler().Overloaded(request_));
  under_way_.Add(shared_from_this());
  under_way_.connections().Enter(place_, Phase::kWaiting);
  under_way_.handler().Handle(std::move(request_), shared_from_this());
  return Await();
}

MHD_Result HttpExchange::Await() {
  std::function<HttpAnswer()> make;
  {
    const std::lock_guard lock(mutex_);
    if (make_ == nullptr && !under_way_.ending()) {
      MHD_suspend_connection(connection_);
      suspended_ = true;
      return MHD_YES;
    }
    answered_ = true;
    make = std::exchange(make_, nullptr);
  }
  return Queue(make == nullptr ? under_way_.handler().Overloaded(request_) : make());
}

MHD_Response* HttpExchange::ResponseOf(HttpAnswer& answer) {
  if (answer.source == nullptr) {
    under_way_.connections().Enter(place_, Phase::kAnswering);
    auto* body = new std::string(std::move(answer.body));
    return MHD_create_response_from_buffer_with_free_callback_cls(body->size(), body->data(),
                                                                  &FreeString, body);
  }
  std::weak_ptr<HttpExchange> weak = weak_from_this();
  answer.source->OnMore([weak] {
    if (const auto self = weak.lock()) self->Wake();
  });
  under_way_.connections().Enter(place_, Phase::kStreaming,
                                 [source = answer.source] { source->Close(); });
  {
    const std::lock_guard lock(mutex_);
    source_ = answer.source;
  }
  if (under_way_.draining()) answer.source->Close();
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kPieceBytes, &ReadPiece,
                                           new std::shared_ptr<HttpExchange>(shared_from_this()),
                                           &LetGo);
}

MHD_Result HttpExchange::Queue(HttpAnswer answer) {
  MHD_Response* const response = ResponseOf(answer);
  if (response == nullptr) return MHD_NO;
  for (const auto& [name, value] : answer.headers)
    MHD_add_response_header(response, name.c_str(), value.c_str());
  const MHD_Result queued =
      MHD_queue_response(connection_, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

void HttpExchange::Resume() {
  if (std::exchange(suspended_, false)) MHD_resume_connection(connection_);
}

void HttpExchange::Answer(std::function<HttpAnswer()> make) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(answered_, true) || ended_) return;
  make_ = std::move(make);
  Resume();
}

void HttpExchange::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  Resume();
}

void HttpExchange::EndStream() {
  std::shared_ptr<BodySource> source;
  {
    const std::lock_guard lock(mutex_);
    source = source_;
  }
  if (source != nullptr) source->Close();
}

void HttpExchange::EndNow() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  Resume();
}

void HttpExchange::Ended() {
  const std::shared_ptr<HttpExchange> self = shared_from_this();
  std::shared_ptr<BodySource> source;
  std::function<HttpAnswer()> unmade;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    source = std::move(source_);
    unmade = std::exchange(make_, nullptr);
  }
  if (source != nullptr) source->Close();
  under_way_.GiveBack(std::exchange(taken_bytes_, 0));
  if (handled_) under_way_.Remove(self);
}

ssize_t HttpExchange::ReadPiece(void* self, uint64_t, char* buffer, size_t size) {
  return (*static_cast<std::shared_ptr<HttpExchange>*>(self))->Read(buffer, size);
}

void HttpExchange::LetGo(void* self) { delete static_cast<std::shared_ptr<HttpExchange>*>(self); }

ssize_t HttpExchange::Read(char* buffer, size_t size) {
  while (sent_ == piece_.size()) {
    if (source_ended_) return MHD_CONTENT_READER_END_OF_STREAM;
    std::shared_ptr<BodySource> source;
    {
      const std::lock_guard lock(mutex_);
      woken_ = false;
      source = source_;
    }
    piece_.clear();
    sent_ = 0;
    source_ended_ = source->Read(piece_) == BodySource::State::kEnded;
    if (!piece_.empty() || source_ended_) continue;
    const std::lock_guard lock(mutex_);
    if (under_way_.ending()) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (woken_) continue;
    MHD_suspend_connection(connection_);
    suspended_ = true;
    return 0;
  }
  const size_t count = std::min(size, piece_.size() - sent_);
  std::memcpy(buffer, piece_.data() + sent_, count);
  sent_ += count;
  return static_cast<ssize_t>(count);
}

}  // namespace vivier::web
