#include "services/funding/plans/seat_money.h"

#include <algorithm>

#include "services/funding/funders/rules.h"
#include "services/funding/funders/states.h"
#include "services/funding/plans/names.h"
#include "services/funding/plans/rules.h"

namespace vivier::funding {
namespace {

using v1::Finding;
using v1::Reservation;

bool Released(const Holder& holder) {
  return holder.reservation.has_value() && holder.reservation->state() == Reservation::RELEASED;
}

PlannedShare& ShareOf(Paying& paying, int share) {
  return paying.shares[static_cast<size_t>(share)];
}

Position At(Paying& paying, int share, Holder& holder) {
  return {ShareOf(paying, share).balance, *holder.seat.mutable_shares(share),
          *holder.reservation->mutable_shares(share)};
}

int64_t Rest(const v1::FundingPlan& plan, int share, const v1::FundedSeat& seat) {
  return SeatAmount(plan, plan.shares(share), seat.seat()) - seat.shares(share).earned_cents() -
         seat.shares(share).reserved_cents();
}

bool MayReserve(const v1::FundingAgreement& agreement) {
  return MayDo(kFundingAgreementTransitions, agreement.state(), "Reserve");
}

// A half-day that is sealed after its learner gave the seat back finds its money released: it is
// held again as far as the agreement and the seat have room.
void HoldAgain(Paying& paying, int share, int64_t price_cents, Holder& holder,
               Transfers& transfers) {
  const PlannedShare& planned = ShareOf(paying, share);
  if (!Released(holder) || !MayReserve(planned.agreement)) return;
  const int64_t missing = price_cents - holder.reservation->shares(share).reserved_cents();
  const int64_t cents =
      std::min({missing, Rest(paying.plan, share, holder.seat), Headroom(planned.balance)});
  if (cents > 0) Reserve(cents, At(paying, share, holder), transfers);
}

void CountDelivered(int32_t minutes, Holder& holder) {
  holder.seat.set_minutes(holder.seat.minutes() + minutes);
  holder.seat.set_half_days(holder.seat.half_days() + (minutes > 0 ? 1 : -1));
}

void AddPrice(int64_t cents, v1::SeatShare& seat) {
  seat.set_price_cents(seat.price_cents() + cents);
}

Delivered DeliverShare(Paying& paying, int share, int64_t price_cents,
                       const google::type::Date& date, Holder& holder) {
  Delivered delivered;
  if (!holder.reservation.has_value()) {
    delivered.shortfall = Finding::NO_RESERVATION;
  } else if (!ValidOn(ShareOf(paying, share).agreement, date)) {
    delivered.shortfall = Finding::OUTSIDE_VALIDITY;
  } else {
    delivered.shortfall = Finding::NOT_COVERED;
    HoldAgain(paying, share, price_cents, holder, delivered.transfers);
    delivered.earned_cents = Earn(price_cents, At(paying, share, holder), delivered.transfers);
  }
  delivered.own_cents = price_cents - delivered.earned_cents;
  if (delivered.own_cents == 0) delivered.shortfall = Finding::KIND_UNSPECIFIED;
  BearOwn(delivered.own_cents, delivered.transfers);
  AddPrice(price_cents, *holder.seat.mutable_shares(share));
  return delivered;
}

// The sums of the shares, which the reservation's row shows.
void SumShares(Reservation& reservation) {
  int64_t reserved_cents = 0, earned_cents = 0;
  for (const v1::ReservedShare& share : reservation.shares()) {
    reserved_cents += share.reserved_cents();
    earned_cents += share.earned_cents();
  }
  reservation.set_reserved_cents(reserved_cents);
  reservation.set_earned_cents(earned_cents);
}

}  // namespace

std::vector<std::string> AgreementsOf(const Paying& paying) {
  std::vector<std::string> agreements;
  for (const PlannedShare& share : paying.shares) agreements.push_back(share.agreement.name());
  return agreements;
}

v1::FundedSeat UnusedSeat(const v1::FundingPlan& plan, int number) {
  v1::FundedSeat seat;
  seat.set_name(SeatOf(plan.name(), number));
  seat.set_seat(number);
  for (int i = 0; i < plan.shares_size(); ++i) seat.add_shares();
  return seat;
}

std::string WithoutMoney(const Paying& paying, const v1::FundedSeat& seat,
                         const google::type::Date& date) {
  for (int i = 0; i < paying.plan.shares_size(); ++i) {
    const PlannedShare& share = paying.shares[static_cast<size_t>(i)];
    const bool open = MayReserve(share.agreement) && ValidOn(share.agreement, date);
    if (!open || !CanReserve(share.balance, Rest(paying.plan, i, seat)))
      return share.agreement.name();
  }
  return "";
}

Transfers HoldSeat(Paying& paying, v1::FundedSeat& seat, Reservation& reservation) {
  Transfers transfers;
  for (int i = 0; i < paying.plan.shares_size(); ++i) {
    v1::ReservedShare& reserved = *reservation.add_shares();
    reserved.set_funding_agreement(paying.plan.shares(i).funding_agreement());
    Reserve(Rest(paying.plan, i, seat),
            {ShareOf(paying, i).balance, *seat.mutable_shares(i), reserved}, transfers);
  }
  SumShares(reservation);
  return transfers;
}

Transfers FreeSeat(Paying& paying, v1::FundedSeat& seat, Reservation& reservation) {
  Transfers transfers;
  for (int i = 0; i < reservation.shares_size(); ++i)
    Release({ShareOf(paying, i).balance, *seat.mutable_shares(i), *reservation.mutable_shares(i)},
            transfers);
  SumShares(reservation);
  return transfers;
}

std::vector<Delivered> Deliver(Paying& paying, const google::type::Date& date, int32_t minutes,
                               Holder& holder) {
  const std::vector<int64_t> prices = Split(paying.plan, holder.seat, minutes);
  std::vector<Delivered> delivered;
  for (int i = 0; i < paying.plan.shares_size(); ++i)
    delivered.push_back(DeliverShare(paying, i, prices[static_cast<size_t>(i)], date, holder));
  CountDelivered(minutes, holder);
  if (holder.reservation.has_value()) SumShares(*holder.reservation);
  return delivered;
}

std::vector<Transfers> TakeBack(Paying& paying, const v1::PresencePosting& posting,
                                Holder& holder) {
  std::vector<Transfers> transfers(static_cast<size_t>(posting.shares_size()));
  for (int i = 0; i < posting.shares_size(); ++i) {
    const v1::PostedShare& posted = posting.shares(i);
    Transfers& of_share = transfers[static_cast<size_t>(i)];
    AddPrice(-posted.earned_cents() - posted.own_cents(), *holder.seat.mutable_shares(i));
    BearOwn(-posted.own_cents(), of_share);
    if (!holder.reservation.has_value()) continue;
    Reverse(posted.earned_cents(), At(paying, i, holder), of_share);
    if (Released(holder)) Release(At(paying, i, holder), of_share);
  }
  CountDelivered(-posting.minutes(), holder);
  if (holder.reservation.has_value()) SumShares(*holder.reservation);
  return transfers;
}

}  // namespace vivier::funding
