// How cohorts are paid for, and the money that is held for their seats. Follows enrolment: a seat
// is held, given back, taken by a learner. Stateless besides its tables, hence thread-safe.
//
//   plans.cc   plans, and who else is told of money      reservation.cc   the reactions
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/funding/funders/funders.h"
#include "services/funding/journal/journal.h"
#include "services/funding/plans/seat_money.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

class Plans {
 public:
  Plans(Journal& journal, Funders& funders) : journal_(journal), funders_(funders) {}

  // Puts its rpcs and reactions into the service.
  void AddTo(rpc::Service& service);

  // The plan of a cohort with everything that pays for it, or nothing where there is no plan.
  absl::StatusOr<std::optional<Paying>> FindPaying(rpc::Call& call, const std::string& cohort);
  absl::Status StoreBalances(rpc::Call& call, Paying& paying);

  // Where the half-days of a reservation's seat are counted; an unused seat where it is none of the
  // plan's.
  absl::StatusOr<Holder> LoadHolder(rpc::Call& call, const v1::FundingPlan& plan,
                                    const std::string& reservation);
  absl::Status StoreHolder(rpc::Call& call, Holder& holder);
  // Fetches what LoadHolder will be asked for one by one, in two round trips.
  absl::Status PrefetchHolders(rpc::Call& call, const v1::FundingPlan& plan,
                               const std::vector<std::string>& reservations);

  // Tells the cohorts whose plans use any of the agreements.
  absl::Status TellMoneyCameFree(rpc::Call& call, const std::vector<std::string>& agreements);

  // Answers a hook: which reservations hold the cents that are too much?
  absl::Status NameReleases(rpc::Call& call, const std::string& agreement, int64_t release_cents,
                            std::vector<std::string>& names);

 private:
  absl::StatusOr<v1::FundingPlan> CreateFundingPlan(rpc::Call& call,
                                                    const v1::CreateFundingPlanRequest& request);
  absl::Status OnSeatHeld(rpc::Call& call, const enrolment::v1::SeatHeld& event);
  absl::Status OnSeatReleased(rpc::Call& call, const enrolment::v1::SeatReleased& event);
  absl::Status OnLearnerEnrolled(rpc::Call& call, const enrolment::v1::LearnerEnrolled& event);
  absl::Status Refuse(rpc::Call& call, const enrolment::v1::SeatHeld& event,
                      v1::SeatRefused::Cause cause, const std::string& agreement,
                      v1::Reservation& reservation);
  absl::Status ReserveSeat(rpc::Call& call, const enrolment::v1::SeatHeld& event, Paying& paying,
                           v1::Reservation& reservation);
  // The cohorts whose plans use any of the agreements, each once.
  absl::StatusOr<std::vector<std::string>> CohortsPaidBy(
      rpc::Call& call, const std::vector<std::string>& agreements);

  Journal& journal_;
  Funders& funders_;
  storage::Table<v1::FundingPlan> plans_;
  storage::Table<v1::SeatUse> seat_uses_;
  storage::Table<v1::FundedSeat> seats_;
  storage::Table<v1::Reservation> reservations_;
};

}  // namespace vivier::funding
