// One process of a service that follows enrolment at some schools and keeps in the table `seen`
// what it applied, in order. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shared/follow/follower.h"
#include "shared/follow/loop.h"
#include "shared/follow/parked.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/storage/log/writer.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::testing {

// Waits for what comes soon; fails the test after a minute.
void WaitUntil(const std::function<bool()>& done);

class Replica {
 public:
  using React = std::function<absl::Status(const enrolment::v1::CohortOpened&)>;

  // A database for replicas of one service.
  static std::string FreshUrl(storage::Engine engine);

  Replica(const std::string& url, std::shared_ptr<rpc::Channel> channel, std::string token,
          std::set<std::string> schools, React react);

  int64_t applied(const std::string& school = "nancy") const { return At(school).applied(); }
  bool forked(const std::string& school = "nancy") const { return At(school).forked(); }
  follow::Progress::Lag lag(const std::string& school = "nancy") const;
  // Tries again what is parked of that subject, or all.
  absl::StatusOr<site::v1::RetryParkedEventsResponse> Retry(const std::string& subject = "");
  void WaitFor(int64_t number, const std::string& school = "nancy") const {
    WaitUntil([&] { return applied(school) >= number; });
  }

 private:
  const follow::Progress& At(const std::string& school) const { return *progress_.at(school); }

  const std::shared_ptr<rpc::Channel> channel_;
  const std::string token_;
  const React react_;
  rpc::Service::EventReaction reaction_;
  std::map<std::string, std::shared_ptr<follow::Progress>> progress_;  // by school
  std::unique_ptr<storage::Database> database_;
  rpc::Readers readers_;
  std::unique_ptr<storage::Writer> writer_;
  rpc::Workers workers_{1};
  follow::Loop loop_;
  std::unique_ptr<follow::Follower> follower_;
};

}  // namespace vivier::testing
