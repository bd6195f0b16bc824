#include "shared/follow/log_stream.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "shared/rpc/with_reason.h"
#include "shared/storage/log/erasure.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/perform.h"

namespace vivier::follow {
namespace {

constexpr char kAllSchools[] = "schools/-";

}  // namespace

LogStream::LogStream(rpc::Workers& workers, std::shared_ptr<rpc::ServerStream> wire, Reader reader,
                     std::vector<Wanted> wanted)
    : workers_(workers),
      wire_(std::move(wire)),
      reader_(std::move(reader)),
      wanted_(std::move(wanted)),
      untold_(wanted_.size()),
      left_(wanted_.size()) {
  logs_.reserve(wanted_.size());
  for (const Wanted& log : wanted_) {
    const std::string school(SchoolOf(log.position.parent()));
    by_name_[{log.position.service(), school}] = logs_.size();
    logs_.push_back({&log, school, log.position.after_number()});
  }
}

void LogStream::Begin() {
  {
    Monitor::Lock lock(monitor_);
    for (Log& log : logs_) Want(log);
  }
  Next();
}

void LogStream::Wake(const std::string& service, const std::string& school, int64_t last) {
  {
    Monitor::Lock lock(monitor_);
    const auto found = by_name_.find(std::pair(service, school));
    if (found == by_name_.end()) return;
    Log& log = logs_[found->second];
    if (log.last >= last) return;
    log.last = last;
    Want(log);
  }
  Next();
}

void LogStream::Fail(const std::string& service, const absl::Status& why) {
  Monitor::Lock lock(monitor_);
  if (!ended_ && Follows(service)) End(why);
}

bool LogStream::Follows(const std::string& service) const {
  return std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& log) {
    return log.refused.ok() && log.position.service() == service;
  });
}

void LogStream::Beat(absl::Time now) {
  const bool gone = wire_->gone();
  Monitor::Lock lock(monitor_);
  if (ended_) return;
  if (gone || (draining_ && now - wrote_ > kWriteTimeout))
    return End(absl::CancelledError("the follower has gone"));
  if (now - beat_ < kBeatInterval - absl::Milliseconds(500)) return;  // the next one may be late
  beat_ = now;
  beat_due_ = true;
  if (!running_ && !draining_) SendBeat();
}

void LogStream::Close(const absl::Status& status) {
  Monitor::Lock lock(monitor_);
  End(status);
}

void LogStream::Await() {
  Monitor::Lock lock(monitor_);
  lock.Await([this] { return !running_; });
}

void LogStream::Want(Log& log) {
  if (log.waits || log.refused) return;
  log.waits = true;
  turns_.push_back(&log);
}

void LogStream::Told(Log& log) {
  if (!std::exchange(log.told, true)) --untold_;
}

void LogStream::Next() {
  {
    Monitor::Lock lock(monitor_);
    if (running_ || draining_ || ended_ || turns_.empty()) return;
    running_ = true;
  }
  workers_.Submit("", reader_.share,
                  {[self = shared_from_this()] { self->Turn(); },
                   [self = shared_from_this()](const absl::Status& refused) {
                     Monitor::Lock lock(self->monitor_);
                     self->running_ = false;
                     self->End(refused);
                   }});
}

void LogStream::SendBeat() {
  if (ended_ || !beat_due_ || untold_ > 0 || left_ == 0) return;
  Page page;
  page.set_parent(kAllSchools);
  // Whoever follows one log alone may be an earlier version, to which this is a page of that log.
  if (logs_.size() == 1) page.set_last_number(logs_.front().last);
  beat_due_ = false;
  if (!wire_->Write(std::make_shared<const std::string>(page.SerializeAsString())))
    End(absl::CancelledError("the follower has gone"));
}

void LogStream::End(const absl::Status& status) {
  if (std::exchange(ended_, true)) return;
  turns_.clear();
  wire_->Close(rpc::WithReason(status));
}

void LogStream::Turn() {
  Log* log = nullptr;
  {
    Monitor::Lock lock(monitor_);
    if (!turns_.empty()) {
      log = turns_.front();
      turns_.pop_front();
      log->waits = false;
      if (log->refused) log = nullptr;
    }
  }
  if (log == nullptr) return Rest();
  if (!log->wanted->refused.ok()) return Refuse(*log, log->wanted->refused);
  log->open ? Send(*log) : Open(*log);
}

void LogStream::Open(Log& log) {
  const log::v1::LogPosition& position = log.wanted->position;
  bool stored = false;
  int64_t last = 0;
  const absl::Status read =
      log.wanted->readers->Read(log.school, [&](storage::Transaction& snapshot) -> absl::Status {
        RETURN_IF_ERROR(
            storage::CheckPosition(snapshot, position.after_number(), position.after_hash()));
        ASSIGN_OR_RETURN(last, storage::LastEvent(snapshot));
        if (reader_.follower.empty()) return absl::OkStatus();
        ASSIGN_OR_RETURN(
            stored, storage::IsFollowerStored(snapshot, reader_.follower, position.after_number()));
        return absl::OkStatus();
      });
  if (!read.ok()) return Refuse(log, read);
  if (stored || reader_.follower.empty()) return Opened(log, last);
  storage::PerformLater(
      *log.wanted->writer, log.school,
      [follower = reader_.follower, number = position.after_number()](
          storage::Transaction& transaction, absl::Time now) {
        return storage::StoreFollower(transaction, follower, number, now);
      },
      [self = shared_from_this(), &log, last](const absl::Status& noted) {
        noted.ok() ? self->Opened(log, last) : self->Refuse(log, noted);
      });
}

// Where something follows, its first page has the next turn: it says how far the follower is
// behind.
void LogStream::Opened(Log& log, int64_t last) {
  {
    Monitor::Lock lock(monitor_);
    log.open = true;
    log.last = std::max(log.last, last);
    if (log.sent >= log.last) {
      Told(log);
    } else if (!std::exchange(log.waits, true)) {
      turns_.push_front(&log);
    }
  }
  Rest();
}

void LogStream::Send(Log& log) {
  Page page;
  const absl::Status read =
      log.wanted->readers->Read(log.school, [&](storage::Transaction& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(std::vector<log::v1::LoggedEvent> events,
                         storage::ReadEvents(snapshot, log.sent));
        for (log::v1::LoggedEvent& event : events) *page.add_events() = std::move(event);
        return absl::OkStatus();
      });
  if (!read.ok()) return Refuse(log, read);
  {
    Monitor::Lock lock(monitor_);
    if (page.events().empty()) {
      log.last = log.sent;
    } else {
      log.sent = page.events().rbegin()->number();
      log.last = std::max(log.last, log.sent);
      if (log.sent < log.last) Want(log);
    }
    Told(log);
    page.set_last_number(log.last);
  }
  if (page.events().empty()) return Rest();
  Write(log, std::move(page));
}

void LogStream::Write(const Log& log, Page page) {
  page.set_parent(absl::StrCat("schools/", log.school));
  page.set_service(log.wanted->position.service());
  const auto bytes = std::make_shared<const std::string>(page.SerializeAsString());
  {
    Monitor::Lock lock(monitor_);
    running_ = false;
    if (ended_) return;
    if (wire_->gone() || !wire_->Write(bytes))
      return End(absl::CancelledError("the follower has gone"));
    draining_ = true;
    wrote_ = absl::Now();
  }
  wire_->OnDrained([self = shared_from_this()] { self->Drained(); });
}

void LogStream::Rest() {
  {
    Monitor::Lock lock(monitor_);
    running_ = false;
    SendBeat();
  }
  Next();
}

void LogStream::Refuse(Log& log, const absl::Status& refused) {
  const absl::Status why = rpc::WithReason(refused);
  {
    Monitor::Lock lock(monitor_);
    log.refused = true;
    Told(log);
    --left_;
    if (logs_.size() == 1) {
      running_ = false;
      return End(why);
    }
  }
  Page page;
  *page.mutable_error() = ToMessage(why);
  Write(log, std::move(page));
  Monitor::Lock lock(monitor_);
  if (left_ == 0) End(Unavailable("no log is left on the stream"));
}

void LogStream::Drained() {
  {
    Monitor::Lock lock(monitor_);
    draining_ = false;
    SendBeat();
  }
  Next();
}

}  // namespace vivier::follow
