// The ranked of a cohort, asked for as they are needed: an index says who is next, so that no act
// reads more rows than the cohort has seats, however many are ranked. Stateless, hence thread-safe.
//
//   ranks   1 2 3 4 | 5 6 7 … 5,000      in play, capacity 4
//           A h t w | w s w               h, t have a seat; w waits for one; A waits for its money
//           ^^^^^^^   the best: who waits among them may hold a seat
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/service/call.h"
#include "shared/storage/log/table.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

class Line {
 public:
  explicit Line(const storage::Rows<v1::Application>& applications) : applications_(applications) {}

  // Who stands before an application.
  struct Before {
    int64_t in_play = 0;  // counted up to the number that is asked for
    bool awaits_funding = false;
  };
  absl::StatusOr<Before> BeforeOf(rpc::Call& call, const v1::Application& application,
                                  int32_t in_play_max) const;

  // What a change in the line may move, in the order of ranks.
  struct Moved {
    int32_t free_seats = 0;  // among the best, at most so many of those who wait
    int32_t left_rank = 0;   // of who just left play and is still stored as before; 0 for nobody
    bool all_await = false;  // all who wait for their money, else the best of them
  };
  absl::StatusOr<std::vector<v1::Application>> Movable(rpc::Call& call, const v1::Cohort& cohort,
                                                       const Moved& moved) const;

  // Who has a seat, in the order of ranks: no more than the capacity.
  absl::StatusOr<std::vector<v1::Application>> Seated(rpc::Call& call,
                                                      const std::string& cohort) const;
  // Who accepted a seat.
  absl::StatusOr<std::vector<v1::Application>> Accepted(rpc::Call& call,
                                                        const std::string& cohort) const;
  // The first of those in play without a seat.
  absl::StatusOr<std::vector<v1::Application>> Unseated(rpc::Call& call, const std::string& cohort,
                                                        int count) const;
  // The worst rank of the cohort's applications that are not `listed`.
  absl::StatusOr<int> LastRank(rpc::Call& call, const std::string& cohort,
                               const std::vector<v1::Application>& listed) const;

 private:
  absl::StatusOr<std::vector<v1::Application>> Waiting(rpc::Call& call, const v1::Cohort& cohort,
                                                       const Moved& moved) const;
  absl::StatusOr<std::vector<v1::Application>> Awaiting(rpc::Call& call, const v1::Cohort& cohort,
                                                        const Moved& moved) const;

  const storage::Rows<v1::Application>& applications_;
};

}  // namespace vivier::enrolment
