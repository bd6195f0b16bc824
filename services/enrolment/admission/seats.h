// The seats of cohorts, and those who wait for one. Stateless besides its table, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/admission/rules.h"
#include "services/enrolment/learners/learners.h"
#include "services/enrolment/selection/line.h"
#include "services/enrolment/selection/selection.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/admission.pb.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::enrolment {

class Seats {
 public:
  Seats(People& people, Cohorts& cohorts, Learners& learners, Selection& selection)
      : people_(people),
        cohorts_(cohorts),
        learners_(learners),
        selection_(selection),
        line_(selection.applications()) {}

  // Puts its rpcs into the service.
  void AddTo(rpc::Service& service);

  absl::StatusOr<v1::CohortSeats> Of(rpc::Call& call, const std::string& cohort);
  absl::Status Update(rpc::Call& call, v1::CohortSeats& seats);
  absl::StatusOr<Standing> StandingOf(rpc::Call& call, const v1::Cohort& cohort,
                                      const v1::Application& application);
  // Whom AdvanceAndStore may move once `seats` are as they are now and who had `left_rank` left
  // play, 0 for nobody.
  absl::StatusOr<std::vector<v1::Application>> Movable(rpc::Call& call, const v1::Cohort& cohort,
                                                       const v1::CohortSeats& seats,
                                                       int32_t left_rank, bool ask_again);
  // Ends an application that somebody may end, with what follows from it: its seat, its learner,
  // those who wait.
  absl::Status Leave(rpc::Call& call, v1::Application& application, v1::Application::State end,
                     v1::SeatReleased::Cause cause);
  // Lets those who wait advance, and stores seats and applications that changed.
  absl::Status AdvanceAndStore(rpc::Call& call, const v1::Cohort& cohort, v1::CohortSeats seats,
                               std::vector<v1::Application> movable, bool ask_again);
  absl::Status TellHeld(rpc::Call& call, const v1::Cohort& cohort,
                        const v1::Application& application);
  absl::Status TellReleased(rpc::Call& call, const v1::Application& application,
                            v1::SeatReleased::Cause cause);

  // Answers to hooks: a cohort is made, changes its capacity, is over; a learner leaves.
  absl::Status MakeSeats(rpc::Call& call, const v1::Cohort& cohort);
  absl::Status ChangeCapacity(rpc::Call& call, const v1::Cohort& cohort);
  absl::Status EndUnaccepted(rpc::Call& call, const v1::Cohort& cohort);
  absl::Status FreeSeatOf(rpc::Call& call, const v1::Learner& learner, bool started);

 private:
  const storage::Rows<v1::Application>& applications() const { return selection_.applications(); }
  absl::Status Store(rpc::Call& call, v1::CohortSeats& seats);

  People& people_;
  Cohorts& cohorts_;
  Learners& learners_;
  Selection& selection_;
  const Line line_;
  storage::Table<v1::CohortSeats> seats_;
};

}  // namespace vivier::enrolment
