// Ends applications of a cohort that nobody named one by one: those that a ranking leaves out,
// those that wait without a seat for a cohort that is over. There may be any number of them, so the
// request that decides ends the first and leaves a Sweep; its tick ends the rest, a step in a
// transaction, so that nobody waits long for the writer. Stateless besides its table, hence
// thread-safe.
//
//   PublishRanking, FinishCohort ── the first kStepRows ─▶ Sweep ── tick: the next ─▶ … ─▶ deleted
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/people/people.h"
#include "services/enrolment/selection/line.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

class Sweeps {
 public:
  // What one transaction ends: well below the 20 ms for which anybody may hold the writer.
  static constexpr int kStepRows = 100;

  Sweeps(People& people, const storage::Table<v1::Application>& applications)
      : people_(people), applications_(applications), line_(applications) {}

  // Puts its tick into the service.
  void AddTo(rpc::Service& service);

  // Marks as REJECTED those of `listed` that a sweep is about to reject: they are as good as that.
  absl::Status MarkRejected(rpc::Call& call, const std::string& cohort,
                            std::vector<v1::Application>& listed) const;

  // The applications of a cohort that are still SUBMITTED and not `listed`.
  struct Others {
    std::vector<v1::Application> first;  // at most kStepRows
    v1::Sweep rest;                      // without a name where there are no more
  };
  absl::StatusOr<Others> FindOthers(rpc::Call& call, const std::string& cohort,
                                    const std::vector<v1::Application>& listed) const;
  // Rejects the first and leaves the rest to be rejected.
  absl::Status Reject(rpc::Call& call, const std::string& reason, Others& others);

  // Those in play without a seat do not wait any longer.
  absl::Status ExpireWaiting(rpc::Call& call, const std::string& cohort);

 private:
  absl::Status Step(rpc::Call& call, const std::string& sweep);
  absl::StatusOr<std::vector<v1::Application>> Submitted(rpc::Call& call, const v1::Sweep& sweep,
                                                         int count) const;
  absl::StatusOr<v1::Sweep> NewSweep(rpc::Call& call, const std::string& cohort,
                                     v1::Sweep::Kind kind) const;
  absl::Status RejectOne(rpc::Call& call, const v1::Sweep& sweep, v1::Application& application);
  absl::Status ExpireOne(rpc::Call& call, v1::Application& application);

  People& people_;
  const storage::Table<v1::Application>& applications_;
  const Line line_;
  storage::Table<v1::Sweep> sweeps_;
};

}  // namespace vivier::enrolment
