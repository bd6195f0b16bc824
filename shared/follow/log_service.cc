#include "shared/follow/log_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/rpc/validate.h"
#include "shared/rpc/with_reason.h"
#include "shared/security/caller.h"
#include "shared/storage/log/events.h"

namespace vivier::follow {
namespace {

using log::v1::FollowEventsRequest;
using log::v1::LogPosition;

constexpr int kOthersMax = 10'000;  // as log.proto says
// How late it is noticed that a follower's certificate was revoked.
constexpr absl::Duration kBeat = absl::Seconds(1);

LogPosition FirstOf(const FollowEventsRequest& request) {
  LogPosition first;
  first.set_parent(request.parent());
  first.set_service(request.service());
  first.set_after_number(request.after_number());
  first.set_after_hash(request.after_hash());
  return first;
}

// The service that applies what it reads; "" for a person.
std::string FollowerOf(const security::Caller& caller) {
  if (caller.kind != security::Caller::Kind::kService) return "";
  return caller.subject.substr(caller.subject.rfind('/') + 1);  // spiffe://…/service/NAME
}

}  // namespace

void LogService::Add(const std::string& service, rpc::Readers& readers, const rpc::Entry& entry,
                     storage::Writer& writer, Committers committers) {
  logs_[service] = {&readers, &entry, &writer, committers};
}

std::vector<rpc::Endpoint> LogService::Endpoints() {
  rpc::Endpoint follow, get;
  follow.method = rpc::MethodTaking(*FollowEventsRequest::descriptor());
  follow.request_bytes_max = rpc::kBulkRequestBytesMax;  // a log takes some 100 bytes
  follow.streaming = [this](absl::string_view bytes, const rpc::Peer& peer,
                            const std::shared_ptr<rpc::ServerStream>& wire) {
    Take(
        peer,
        [this, bytes = std::string(bytes), wire](const Token& token) { Open(token, bytes, wire); },
        [wire](const absl::Status& refused) { wire->Close(rpc::WithReason(refused)); });
  };
  get.method = rpc::MethodTaking(*log::v1::GetLoggedEventRequest::descriptor());
  get.unary = [this](absl::string_view bytes, const rpc::Peer& peer,
                     const std::shared_ptr<rpc::Responder>& responder) {
    Take(
        peer,
        [this, bytes = std::string(bytes), responder](const Token& token) {
          const absl::StatusOr<log::v1::LoggedEvent> event = Get(token, bytes);
          if (!event.ok()) return responder->Refuse(rpc::WithReason(event.status()));
          responder->Answer(std::make_shared<const std::string>(event->SerializeAsString()));
        },
        [responder](const absl::Status& refused) { responder->Refuse(rpc::WithReason(refused)); });
  };
  return {std::move(follow), std::move(get)};
}

void LogService::Take(const rpc::Peer& peer, std::function<void(Token)> then,
                      std::function<void(const absl::Status&)> refuse) {
  if (logs_.empty()) return refuse(Unavailable("no log is served here"));
  absl::StatusOr<Token> token = logs_.begin()->second.entry->Authenticate(peer);
  if (!token.ok()) return refuse(token.status());
  if (!Enter()) return refuse(Unavailable("the service is stopping"));
  const std::string share(security::ShareOf((*token)->caller));
  workers_.Submit("", share,
                  {[this, token = *token, then = std::move(then)] {
                     then(token);
                     Leave();
                   },
                   [this, refuse](const absl::Status& overloaded) {
                     refuse(overloaded);
                     Leave();
                   }});
}

bool LogService::Enter() {
  Monitor::Lock lock(monitor_);
  if (stopping_) return false;
  ++entered_;
  return true;
}

void LogService::Leave() {
  Monitor::Lock lock(monitor_);
  --entered_;
}

template <class Request>
absl::StatusOr<LogService::Log*> LogService::Receive(const Token& token, absl::string_view bytes,
                                                     Request& request) {
  static const rpc::Method& method =
      *new rpc::Method(rpc::Describe(rpc::MethodTaking(*Request::descriptor())).value());
  RETURN_IF_ERROR(logs_.begin()->second.entry->ReceiveFrom(token, method, bytes, request).status());
  const auto log = logs_.find(request.service());
  if (log == logs_.end())
    return Refused(log::v1::NOT_SERVED_HERE,
                   absl::StrCat("this process does not serve ", request.service()),
                   {{"service", request.service()}});
  return &log->second;
}

absl::StatusOr<log::v1::LoggedEvent> LogService::Get(const Token& token, const std::string& bytes) {
  log::v1::GetLoggedEventRequest request;
  ASSIGN_OR_RETURN(const Log* log, Receive(token, bytes, request));
  log::v1::LoggedEvent event;
  RETURN_IF_ERROR(log->readers->Read(std::string(SchoolOf(request.parent())),
                                     [&](storage::Transaction& transaction) -> absl::Status {
                                       ASSIGN_OR_RETURN(event, storage::ReadEvent(
                                                                   transaction, request.number()));
                                       return absl::OkStatus();
                                     }));
  return event;
}

// Each log is asked for as by a request of its own.
LogStream::Wanted LogService::Want(const Token& token, const LogPosition& position) {
  FollowEventsRequest alone;
  const absl::StatusOr<Log*> log = Receive(token, position.SerializeAsString(), alone);
  if (!log.ok()) return {position, log.status()};
  return {position, absl::OkStatus(), (*log)->readers, (*log)->writer};
}

void LogService::Open(const Token& token, const std::string& bytes,
                      const std::shared_ptr<rpc::ServerStream>& wire) {
  FollowEventsRequest request;
  if (rpc::CountOnWire(bytes, FollowEventsRequest::kOthersFieldNumber) > kOthersMax)
    return wire->Close(rpc::WithReason(
        InvalidField("others", absl::StrCat("has more than ", kOthersMax, " elements"))));
  if (const absl::Status parsed = rpc::Parse(bytes, request); !parsed.ok())
    return wire->Close(parsed);
  if (const absl::Status valid =
          request.others().empty() ? absl::OkStatus() : rpc::Validate(request);
      !valid.ok())
    return wire->Close(valid);
  std::vector<LogPosition> positions = {FirstOf(request)};
  positions.insert(positions.end(), request.others().begin(), request.others().end());
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<LogStream::Wanted> wanted;
  for (const LogPosition& position : positions) {
    if (!seen.emplace(position.service(), position.parent()).second)
      return wire->Close(InvalidField("others", "names a log twice"));
    wanted.push_back(Want(token, position));
  }
  LogStream::Reader reader = {FollowerOf(token->caller),
                              std::string(security::ShareOf(token->caller))};
  Begin(std::make_shared<LogStream>(workers_, wire, std::move(reader), std::move(wanted)), *wire);
}

void LogService::Begin(const std::shared_ptr<LogStream>& stream, rpc::ServerStream& wire) {
  {
    Monitor::Lock lock(monitor_);
    if (stopping_) return stream->Close(Unavailable("the service is stopping"));
    streams_.insert(stream);
    if (!std::exchange(beating_, true)) loop_.After(this, kBeat, [this] { Beat(); });
    for (auto& [service, log] : logs_)
      if (log.committers == Committers::kReplicas && stream->Follows(service) &&
          !std::exchange(log.looking, true))
        loop_.Post(this, [this, &service = service, &log = log] { Look(service, log); });
  }
  stream->Begin();
  wire.OnGone([this, stream] {
    stream->Close(absl::CancelledError("the follower has gone"));
    Monitor::Lock lock(monitor_);
    streams_.erase(stream);
  });
}

LogService::Streams LogService::streams() {
  Monitor::Lock lock(monitor_);
  return streams_;
}

void LogService::Wake(const std::string& service, const std::string& school, int64_t last) {
  Monitor::Lock lock(monitor_);
  for (const std::shared_ptr<LogStream>& stream : streams_) stream->Wake(service, school, last);
}

void LogService::Beat() {
  for (const std::shared_ptr<LogStream>& stream : streams()) stream->Beat(absl::Now());
  Monitor::Lock lock(monitor_);
  beating_ = !streams_.empty();
  if (beating_) loop_.After(this, kBeat, [this] { Beat(); });
}

// A commit of another process is found in the head rows.
void LogService::Look(const std::string& service, Log& log) {
  if (!Enter()) return;
  const absl::Status taken = workers_.Submit([this, &service, &log] {
    std::map<std::string, int64_t> last;
    const absl::Status read =
        log.readers->Read("", [&](storage::Transaction& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(last, storage::LastEvents(snapshot));
          return absl::OkStatus();
        });
    if (read.ok())
      Found(service, log, std::move(last));
    else
      Found(service, log, read);
    Leave();
  });
  if (!taken.ok()) Leave();
}

void LogService::Found(const std::string& service, Log& log,
                       const absl::StatusOr<std::map<std::string, int64_t>>& last) {
  Monitor::Lock lock(monitor_);
  bool followed = false;
  for (const std::shared_ptr<LogStream>& stream : streams_) {
    if (!stream->Follows(service)) continue;
    followed = true;
    if (!last.ok()) {
      stream->Fail(service, last.status());
      continue;
    }
    for (const auto& [school, number] : *last)
      if (const auto before = log.last.find(school);
          before == log.last.end() || before->second != number)
        stream->Wake(service, school, number);
  }
  const bool moved = last.ok() && *last != log.last;
  if (last.ok()) log.last = *last;
  log.look_again = moved ? kLookAgain : std::min(log.look_again * 1.1, kLookAgainMax);
  log.looking = followed && !stopping_;
  if (log.looking)
    loop_.After(this, log.look_again, [this, &service, &log] { Look(service, log); });
  else
    log.last.clear();
}

void LogService::Stop() {
  {
    Monitor::Lock lock(monitor_);
    stopping_ = true;
  }
  loop_.Forget(this);
  for (const std::shared_ptr<LogStream>& stream : streams()) {
    stream->Close(Unavailable("the service is stopping"));
    stream->Await();
  }
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return entered_ == 0; });
}

}  // namespace vivier::follow
