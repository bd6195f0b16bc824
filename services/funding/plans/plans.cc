#include "services/funding/plans/plans.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "services/funding/funders/rules.h"
#include "services/funding/journal/names.h"
#include "services/funding/plans/names.h"
#include "services/funding/plans/rules.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/funding/v1/reasons.pb.h"

namespace vivier::funding {

using rpc::Call;

namespace {

// How many reservations the refusal of a lower ceiling names at most.
constexpr int kNamedReservationsMax = 20;

// I7: enrolment claims the same of those who are admitted.
constexpr char kFundedHolds[] =
    "SELECT name, application FROM reservations WHERE school = $1 AND state IN ('RESERVED', "
    "'CONFIRMED')";

}  // namespace

void Plans::AddTo(rpc::Service& service) {
  service.Standard(plans_)
      .Standard(reservations_)
      .Keeps(seat_uses_)
      .Keeps(seats_)
      .On(*this, &Plans::CreateFundingPlan)
      .React(*this, &Plans::OnSeatHeld)
      .React(*this, &Plans::OnSeatReleased)
      .React(*this, &Plans::OnLearnerEnrolled)
      .Claim("I7", "funded holds", rpc::Knows::kAll, "reservations: application, state",
             kFundedHolds);
}

absl::StatusOr<v1::FundingPlan> Plans::CreateFundingPlan(
    Call& call, const v1::CreateFundingPlanRequest& request) {
  v1::FundingPlan plan = request.funding_plan();
  plan.set_name(NameIn(call.school(), "fundingPlans", request.funding_plan_id()));
  RETURN_IF_ERROR(CheckPlan(plan));
  for (const v1::PlanShare& share : plan.shares()) {
    ASSIGN_OR_RETURN(v1::FundingAgreement agreement,
                     funders_.agreements().Get(call, share.funding_agreement()));
    RETURN_IF_ERROR(MoveAgreement("CreateFundingPlan", agreement));
  }
  RETURN_IF_ERROR(plans_.Insert(call, plan));
  v1::SeatUse use;
  use.set_name(SeatUseOf(plan.name()));
  RETURN_IF_ERROR(seat_uses_.Insert(call, use));
  v1::FundingPlanChanged changed;
  changed.set_cohort(plan.cohort());
  RETURN_IF_ERROR(call.Emit(changed));
  return plan;
}

absl::StatusOr<std::optional<Paying>> Plans::FindPaying(Call& call, const std::string& cohort) {
  ASSIGN_OR_RETURN(std::optional<v1::FundingPlan> plan,
                   plans_.Find(call, PlanOf(call.school(), cohort)));
  if (!plan.has_value()) return std::nullopt;
  Paying paying;
  paying.plan = *std::move(plan);
  for (const v1::PlanShare& share : paying.plan.shares()) {
    PlannedShare& planned = paying.shares.emplace_back();
    ASSIGN_OR_RETURN(planned.agreement, funders_.agreements().Get(call, share.funding_agreement()));
    ASSIGN_OR_RETURN(planned.balance,
                     journal_.balances().Get(call, BalanceOf(share.funding_agreement())));
  }
  return paying;
}

absl::Status Plans::StoreBalances(Call& call, Paying& paying) {
  for (PlannedShare& share : paying.shares) RETURN_IF_ERROR(journal_.Store(call, share.balance));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Plans::CohortsPaidBy(
    Call& call, const std::vector<std::string>& agreements) {
  std::set<std::string> cohorts;
  for (const std::string& agreement : agreements) {
    ASSIGN_OR_RETURN(std::vector<v1::FundingPlan> plans,
                     plans_.Select(call, absl::StrCat(plans_.Having("shares", 2), " ORDER BY name"),
                                   {agreement}));
    for (const v1::FundingPlan& plan : plans) cohorts.insert(plan.cohort());
  }
  return std::vector<std::string>(cohorts.begin(), cohorts.end());
}

absl::Status Plans::TellMoneyCameFree(Call& call, const std::vector<std::string>& agreements) {
  ASSIGN_OR_RETURN(std::vector<std::string> cohorts, CohortsPaidBy(call, agreements));
  for (const std::string& cohort : cohorts) {
    v1::FundingPlanChanged changed;
    changed.set_cohort(cohort);
    RETURN_IF_ERROR(call.Emit(changed));
  }
  return absl::OkStatus();
}

// What waits for a learner before what has one.
absl::Status Plans::NameReleases(Call& call, const std::string& agreement, int64_t release_cents,
                                 std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(
      std::vector<v1::Reservation> holders,
      reservations_.Select(
          call,
          absl::StrCat("name IN (SELECT name FROM reservations WHERE school = $1 AND "
                       "state IN ('RESERVED', 'CONFIRMED') AND ",
                       reservations_.Having("shares", 2), " ORDER BY state DESC, name LIMIT ",
                       kNamedReservationsMax, ") ORDER BY state DESC, name"),
          {agreement}));
  int64_t named_cents = 0;
  for (const v1::Reservation& holder : holders) {
    if (named_cents >= release_cents) break;
    for (const v1::ReservedShare& share : holder.shares())
      if (share.funding_agreement() == agreement) named_cents += share.reserved_cents();
    names.push_back(holder.name());
  }
  return absl::OkStatus();
}

absl::StatusOr<Holder> Plans::LoadHolder(Call& call, const v1::FundingPlan& plan,
                                         const std::string& reservation) {
  Holder holder;
  holder.seat = UnusedSeat(plan, 1);
  if (reservation.empty()) return holder;
  ASSIGN_OR_RETURN(std::optional<v1::Reservation> found, reservations_.Find(call, reservation));
  const bool usable = found.has_value() && found->state() != v1::Reservation::REFUSED &&
                      found->funding_plan() == plan.name();
  if (!usable) return holder;
  ASSIGN_OR_RETURN(holder.seat, seats_.Get(call, SeatOf(plan.name(), found->seat())));
  holder.reservation = *std::move(found);
  return holder;
}

absl::Status Plans::PrefetchHolders(Call& call, const v1::FundingPlan& plan,
                                    const std::vector<std::string>& reservations) {
  RETURN_IF_ERROR(reservations_.Prefetch(call, reservations));
  std::vector<std::string> seats;
  for (const std::string& name : reservations) {
    ASSIGN_OR_RETURN(const std::optional<v1::Reservation> found, reservations_.Find(call, name));
    if (found.has_value()) seats.push_back(SeatOf(plan.name(), found->seat()));
  }
  return seats_.Prefetch(call, seats);
}

absl::Status Plans::StoreHolder(Call& call, Holder& holder) {
  if (!holder.reservation.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(reservations_.Update(call, *holder.reservation));
  return seats_.Update(call, holder.seat);
}

}  // namespace vivier::funding
