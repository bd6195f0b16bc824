#include "shared/follow/log_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/with_reason.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/perform.h"

namespace vivier::follow {
namespace {

// A stream that cannot be written to for so long has a follower that is gone or stuck; it will ask
// again.
constexpr absl::Duration kWriteTimeout = absl::Seconds(30);

// Without events a page goes out so often all the same (log.proto).
constexpr absl::Duration kPageInterval = absl::Seconds(2);

// Where the log ends is read only for a page that goes out: with events, or because one `is_due`.
absl::Status ReadPage(storage::Transaction& transaction, int64_t after, bool is_due,
                      log::v1::FollowEventsResponse& page) {
  ASSIGN_OR_RETURN(std::vector<log::v1::LoggedEvent> events,
                   storage::ReadEvents(transaction, after));
  for (log::v1::LoggedEvent& event : events) *page.add_events() = std::move(event);
  if (page.events().empty() && !is_due) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t last, storage::LastEvent(transaction));
  page.set_last_number(last);
  return absl::OkStatus();
}

}  // namespace

void LogService::Add(const std::string& service, rpc::Readers& readers, const rpc::Adapter& adapter,
                     storage::Writer& writer) {
  logs_[service] = {&readers, &adapter, &writer};
}

std::vector<rpc::Endpoint> LogService::Endpoints() {
  rpc::Endpoint follow, get;
  follow.method = rpc::MethodTaking(*log::v1::FollowEventsRequest::descriptor());
  follow.streaming = [this](absl::string_view bytes, const rpc::Peer& peer,
                            std::shared_ptr<rpc::ServerStream> stream) {
    Open(bytes, peer, std::move(stream));
  };
  get.method = rpc::MethodTaking(*log::v1::GetLoggedEventRequest::descriptor());
  get.unary = [this](absl::string_view bytes, const rpc::Peer& peer,
                     std::shared_ptr<rpc::Responder> responder) {
    const absl::Status begun = InThread([this, bytes = std::string(bytes), peer, responder] {
      const absl::StatusOr<log::v1::LoggedEvent> event = Get(bytes, peer);
      if (!event.ok()) return responder->Refuse(rpc::WithReason(event.status()));
      responder->Answer(std::make_shared<const std::string>(event->SerializeAsString()));
    });
    if (!begun.ok()) responder->Refuse(begun);
  };
  return {std::move(follow), std::move(get)};
}

absl::Status LogService::InThread(std::function<void()> work) {
  {
    Monitor::Lock lock(monitor_);
    if (stopping_ || streams_ >= kStreamsMax)
      return Error(absl::StatusCode::kResourceExhausted, "QUEUE_FULL", "too many followers");
    ++streams_;
  }
  std::thread([this, work = std::move(work)] {
    work();
    Monitor::Lock lock(monitor_);
    --streams_;
  }).detach();  // counted in streams_, which Stop waits for
  return absl::OkStatus();
}

absl::StatusOr<log::v1::LoggedEvent> LogService::Get(absl::string_view bytes,
                                                     const rpc::Peer& peer) {
  log::v1::GetLoggedEventRequest request;
  ASSIGN_OR_RETURN(const Received received, Receive(bytes, peer, request));
  log::v1::LoggedEvent event;
  RETURN_IF_ERROR(received.log->readers->Read(
      std::string(SchoolOf(request.parent())),
      [&](storage::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(event, storage::ReadEvent(transaction, request.number()));
        return absl::OkStatus();
      }));
  return event;
}

void LogService::Open(absl::string_view bytes, const rpc::Peer& peer,
                      std::shared_ptr<rpc::ServerStream> stream) {
  log::v1::FollowEventsRequest request;
  absl::StatusOr<Received> received = Receive(bytes, peer, request);
  if (!received.ok()) return stream->Close(rpc::WithReason(received.status()));
  const absl::Status begun =
      InThread([this, received = *std::move(received), request = std::move(request), stream] {
        stream->Close(rpc::WithReason(Follow(received, request, *stream)));
      });
  if (!begun.ok()) stream->Close(begun);
}

template <class Request>
absl::StatusOr<LogService::Received> LogService::Receive(absl::string_view bytes,
                                                         const rpc::Peer& peer, Request& request) {
  if (logs_.empty()) return Unavailable("no log is served here");
  static const rpc::Method& method =
      *new rpc::Method(rpc::Describe(rpc::MethodTaking(*Request::descriptor())).value());
  ASSIGN_OR_RETURN(auto token,
                   logs_.begin()->second.adapter->entry().Receive(method, bytes, peer, request));
  auto log = logs_.find(request.service());
  if (log == logs_.end())
    return Refused(log::v1::NOT_SERVED_HERE,
                   absl::StrCat("this process does not serve ", request.service()),
                   {{"service", request.service()}});
  if (token->caller.kind != security::Caller::Kind::kService) return Received{&log->second, ""};
  const std::string& subject = token->caller.subject;  // spiffe://…/service/NAME
  return Received{&log->second, subject.substr(subject.rfind('/') + 1)};
}

absl::Status LogService::Follow(const Received& received,
                                const log::v1::FollowEventsRequest& request,
                                rpc::ServerStream& stream) {
  Log& log = *received.log;
  const std::string school(SchoolOf(request.parent()));
  RETURN_IF_ERROR(log.readers->Read(school, [&](storage::Transaction& transaction) {
    return storage::CheckPosition(transaction, request.after_number(), request.after_hash());
  }));
  if (!received.follower.empty())
    RETURN_IF_ERROR(storage::Perform(*log.writer, school,
                                     [&](storage::Transaction& transaction, absl::Time now) {
                                       return storage::StoreFollower(transaction, received.follower,
                                                                     request.after_number(), now);
                                     }));
  int64_t number = request.after_number();
  absl::Time due = absl::InfinitePast();  // of a page without events
  while (true) {
    int64_t seen = 0;
    {
      Monitor::Lock lock(monitor_);
      if (stopping_) return Unavailable("the service is stopping");
      seen = log.commits;
    }
    const bool is_due = absl::Now() >= due;
    log::v1::FollowEventsResponse page;
    RETURN_IF_ERROR(log.readers->Read(school, [&](storage::Transaction& transaction) {
      return ReadPage(transaction, number, is_due, page);
    }));
    if (stream.gone()) return absl::CancelledError("the follower has gone");
    if (page.events().empty() && !is_due) {
      WaitForCommit(log, seen, stream);
      continue;
    }
    if (!page.events().empty()) number = page.events().rbegin()->number();
    due = absl::Now() + kPageInterval;
    if (!stream.WaitWritable(kWriteTimeout) ||
        !stream.Write(std::make_shared<const std::string>(page.SerializeAsString())))
      return absl::CancelledError("the follower has gone");
  }
}

void LogService::WaitForCommit(const Log& log, int64_t seen, const rpc::ServerStream& stream) {
  Monitor::Lock lock(monitor_);
  lock.AwaitFor(kLookAgain, [&] { return stopping_ || log.commits != seen || stream.gone(); });
}

void LogService::Wake(const std::string& service) {
  Monitor::Lock lock(monitor_);
  auto log = logs_.find(service);
  if (log != logs_.end()) ++log->second.commits;
}

void LogService::Stop() {
  Monitor::Lock lock(monitor_);
  stopping_ = true;
  lock.Await([this] { return streams_ == 0; });
}

}  // namespace vivier::follow
