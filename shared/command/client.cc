#include "shared/command/client.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/session.h"
#include "shared/log/log.h"
#include "shared/service/operation.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"

namespace vivier::command {
namespace {

constexpr absl::Duration kTryTimeout = absl::Seconds(15);
constexpr absl::Duration kPause = absl::Milliseconds(20);
constexpr absl::Duration kPauseMax = absl::Seconds(1);

// Nothing was done, or it is unknown whether it was; the request_id makes it the same to ask again.
bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Client::Answers(const Messages& messages,
                                                         const security::Caller& caller) {
  const auto* method = rpc::MethodTaking(*messages[0]->GetDescriptor());
  if (method == nullptr)
    return Internal("no rpc takes a " + messages[0]->GetDescriptor()->full_name());
  std::vector<absl::StatusOr<std::string>> answers(messages.size(), Unavailable("not yet asked"));
  const absl::Time deadline = absl::Now() + patience_;
  for (absl::Duration pause = kPause;; pause = std::min(2 * pause, kPauseMax)) {
    Try(*method, messages, caller, answers);
    const auto open = std::find_if(answers.begin(), answers.end(),
                                   [](const auto& answer) { return !answer.ok(); });
    if (open == answers.end()) break;
    if (!IsWorthAnotherTry(open->status()) || absl::Now() + pause > deadline) return open->status();
    Log(LogLevel::kWarning, "no answer; asking again with the same request_id",
        {{"method", method->full_name()}, {"error", open->status().message()}});
    absl::SleepFor(pause);
  }
  std::vector<std::string> bytes;
  for (auto& answer : answers) bytes.push_back(*std::move(answer));
  return bytes;
}

void Client::Try(const google::protobuf::MethodDescriptor& method, const Messages& messages,
                 const security::Caller& caller,
                 std::vector<absl::StatusOr<std::string>>& answers) {
  std::vector<size_t> open;
  for (size_t i = 0; i < answers.size(); ++i)
    if (!answers[i].ok() && IsWorthAnotherTry(answers[i].status())) open.push_back(i);
  absl::StatusOr<std::shared_ptr<rpc::Channel>> channel = reach_.To(rpc::ServiceFor(*messages[0]));
  absl::StatusOr<std::string> authorization = reach_.Authorization(caller);
  const absl::Status ready = channel.ok() ? authorization.status() : channel.status();
  if (!ready.ok()) {
    for (size_t i : open) answers[i] = ready;
    return;
  }
  absl::BlockingCounter pending(static_cast<int>(open.size()));
  for (size_t i : open) {
    (*channel)->Start(rpc::PathOf(method), messages[i]->SerializeAsString(),
                      {kTryTimeout, *authorization, Traceparent::New(/*sampled=*/true).ToString()},
                      [&answers, &pending, i](absl::StatusOr<std::string> answer) {
                        answers[i] = std::move(answer);
                        pending.DecrementCount();
                      });
  }
  pending.Wait();
}

absl::Status Client::Await(const std::string& what,
                           const std::function<absl::StatusOr<bool>()>& holds) {
  const absl::Time deadline = absl::Now() + patience_;
  for (absl::Duration pause = kPause;; pause = std::min(2 * pause, kPauseMax)) {
    ASSIGN_OR_RETURN(bool reached, holds());
    if (reached) return absl::OkStatus();
    if (absl::Now() + pause > deadline)
      return Error(absl::StatusCode::kDeadlineExceeded, "NOT_REACHED",
                   absl::StrCat("in vain waited: ", what));
    absl::SleepFor(pause);
  }
}

absl::StatusOr<std::unique_ptr<Running>> Running::Open(const Settings& settings) {
  auto running = std::make_unique<Running>();
  running->data_ = settings.data;
  running->config_ = settings.config;
  if (ReadNotes(settings.data).empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNING",
                 absl::StrCat("nothing serves ", settings.data, "; start `vivier serve all --data ",
                              settings.data, "`"));
  }
  RETURN_IF_ERROR(site::CheckCertificates(settings.config, "operator"));
  ASSIGN_OR_RETURN(running->tokens_, site::Tokens::Load(settings.config, settings.data));
  return running;
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Running::To(const std::string& service) {
  const std::map<std::string, Note> notes = ReadNotes(data_);
  const auto note = notes.find(service);
  if (note == notes.end()) return Unavailable(absl::StrCat(service, " does not run here"));
  std::shared_ptr<rpc::Channel>& channel = channels_[note->second.address];
  if (channel == nullptr)
    channel = transport::Connect(
        {.target = note->second.address, .tls = site::DiallingTls(config_, "operator", service)});
  return channel;
}

}  // namespace vivier::command
