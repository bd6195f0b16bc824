// Follows the log of another service at one school: a thread that streams what comes after the
// cursor and puts each event through this service's writer. Transient errors are met by trying
// again without limit; an event that fails kAttemptsMax times for another reason is parked, later
// ones of its subject behind it, and all others go on. When the producer's log no longer holds what
// was applied (LOG_FORKED) the follower stops and says so. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/follow/event_work.h"
#include "shared/follow/progress.h"
#include "shared/rpc/readers.h"
#include "shared/service/channel.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::follow {

class Follower {
 public:
  static constexpr int kAttemptsMax = 5;

  struct Options {
    std::string service;   // who follows
    std::string producer;  // whom
    std::string school;
    std::vector<const rpc::Service::EventReaction*> reactions;  // those to the producer's events
    rpc::Channel* channel;                                      // to the producer
    std::function<std::string()> authorization;                 // a token of this service
    storage::Writer* writer;
    rpc::Readers* readers;
    std::shared_ptr<Progress> progress = std::make_shared<Progress>(absl::Now());
    std::function<absl::Time()> now = absl::Now;  // of the lag alone
  };

  explicit Follower(Options options);
  ~Follower();

  // The number of the last event that is applied or parked here, as far as this process knows.
  int64_t applied() const { return options_.progress->applied(); }
  bool forked() const { return options_.progress->forked(); }

 private:
  using Events = std::vector<log::v1::LoggedEvent>;

  void Loop();
  absl::Status FollowOnce();
  // Applies the events in order; false when the stream must be opened again from the cursor.
  bool Apply(const Events& events);
  std::vector<EventWork::Outcome> Submit(const Events& events, size_t first);
  std::string ParkReason(const log::v1::LoggedEvent& event) const;
  const rpc::Service::EventReaction* ReactionTo(const log::v1::LoggedEvent& event) const;
  void Failed(const log::v1::LoggedEvent& event, const absl::Status& error);
  void Pause();
  bool stopping();

  const Options options_;
  int64_t failing_number_ = 0;  // the event that fails at the moment, how often, and why
  int failures_ = 0;
  std::string failure_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  rpc::ClientStream* stream_ = nullptr;
  std::thread thread_;
};

}  // namespace vivier::follow
