// Seats that are held, released and taken by a learner: the money follows, within the transaction
// of the event's cursor.
#include "absl/strings/str_cat.h"
#include "services/funding/plans/eligibility.h"
#include "services/funding/plans/names.h"
#include "services/funding/plans/plans.h"
#include "services/funding/plans/rules.h"
#include "services/funding/plans/states.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::funding {
using enrolment::v1::LearnerEnrolled;
using enrolment::v1::SeatHeld;
using enrolment::v1::SeatReleased;
using rpc::Call;
using v1::Reservation;

absl::Status Plans::OnSeatHeld(Call& call, const SeatHeld& event) {
  Reservation reservation;
  reservation.set_name(NameIn(call.school(), "reservations", event.hold()));
  reservation.set_application(event.application());
  reservation.set_cohort(event.cohort());
  reservation.set_candidate(event.candidate());
  *reservation.mutable_create_time() = ToTimestamp(call.time());
  ASSIGN_OR_RETURN(std::optional<Paying> paying, FindPaying(call, event.cohort()));
  if (!paying.has_value()) return Refuse(call, event, v1::SeatRefused::NO_MONEY, "", reservation);

  reservation.set_funding_plan(paying->plan.name());
  for (const PlannedShare& share : paying->shares)
    for (v1::EligibilityFinding& finding : Ineligibility(share.agreement, event.classes()))
      *reservation.add_eligibility_findings() = std::move(finding);
  if (reservation.eligibility_findings_size() > 0)
    return Refuse(call, event, v1::SeatRefused::NOT_ELIGIBLE,
                  reservation.eligibility_findings(0).funding_agreement(), reservation);
  return ReserveSeat(call, event, *paying, reservation);
}

absl::Status Plans::ReserveSeat(Call& call, const SeatHeld& event, Paying& paying,
                                Reservation& reservation) {
  ASSIGN_OR_RETURN(v1::SeatUse use, seat_uses_.Get(call, SeatUseOf(paying.plan.name())));
  const int number = TakeSeat(paying.plan, use);
  if (number == 0) return Refuse(call, event, v1::SeatRefused::NO_MONEY, "", reservation);
  ASSIGN_OR_RETURN(std::optional<v1::FundedSeat> found,
                   seats_.Find(call, SeatOf(paying.plan.name(), number)));
  v1::FundedSeat seat = found.has_value() ? *found : UnusedSeat(paying.plan, number);
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  const std::string refused_by = WithoutMoney(paying, seat, ToDate(today));
  if (!refused_by.empty())
    return Refuse(call, event, v1::SeatRefused::NO_MONEY, refused_by, reservation);

  Transfers transfers = HoldSeat(paying, seat, reservation);
  reservation.set_seat(number);
  reservation.set_state(Reservation::RESERVED);
  RETURN_IF_ERROR(seat_uses_.Update(call, use));
  RETURN_IF_ERROR(found.has_value() ? seats_.Update(call, seat) : seats_.Insert(call, seat));
  RETURN_IF_ERROR(StoreBalances(call, paying));
  RETURN_IF_ERROR(reservations_.Insert(call, reservation));
  RETURN_IF_ERROR(journal_.Post(
      call, {absl::StrCat("r.", event.hold()), reservation.name(), ToDate(today)}, transfers));

  v1::SeatFunded funded;
  funded.set_application(event.application());
  funded.set_cohort(event.cohort());
  funded.set_hold(event.hold());
  funded.set_reservation(reservation.name());
  return call.Emit(funded);
}

absl::Status Plans::Refuse(Call& call, const SeatHeld& event, v1::SeatRefused::Cause cause,
                           const std::string& agreement, Reservation& reservation) {
  reservation.set_state(Reservation::REFUSED);
  reservation.set_cause(v1::SeatRefused::Cause_Name(cause));
  reservation.set_refused_by(agreement);
  RETURN_IF_ERROR(reservations_.Insert(call, reservation));

  v1::SeatRefused refused;
  refused.set_application(event.application());
  refused.set_cohort(event.cohort());
  refused.set_hold(event.hold());
  refused.set_cause(cause);
  refused.set_funding_agreement(agreement);
  return call.Emit(refused);
}

absl::Status Plans::OnSeatReleased(Call& call, const SeatReleased& event) {
  ASSIGN_OR_RETURN(std::optional<Reservation> found,
                   reservations_.Find(call, NameIn(call.school(), "reservations", event.hold())));
  // Refused, or released before.
  if (!found.has_value() || !MayDo(kReservationTransitions, found->state(), "SeatReleased"))
    return absl::OkStatus();
  Reservation reservation = *std::move(found);
  ASSIGN_OR_RETURN(std::optional<Paying> paying, FindPaying(call, reservation.cohort()));
  if (!paying.has_value()) return Internal("a reservation without its plan: " + reservation.name());
  ASSIGN_OR_RETURN(v1::SeatUse use, seat_uses_.Get(call, SeatUseOf(reservation.funding_plan())));
  ASSIGN_OR_RETURN(v1::FundedSeat seat,
                   seats_.Get(call, SeatOf(reservation.funding_plan(), reservation.seat())));

  Transfers transfers = FreeSeat(*paying, seat, reservation);
  GiveSeatBack(reservation.seat(), use);
  reservation.set_state(Reservation::RELEASED);
  reservation.set_cause(SeatReleased::Cause_Name(event.cause()));
  RETURN_IF_ERROR(TellMoneyCameFree(call, AgreementsOf(*paying)));
  RETURN_IF_ERROR(seat_uses_.Update(call, use));
  RETURN_IF_ERROR(seats_.Update(call, seat));
  RETURN_IF_ERROR(StoreBalances(call, *paying));
  RETURN_IF_ERROR(reservations_.Update(call, reservation));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  return journal_.Post(call, {absl::StrCat("f.", event.hold()), reservation.name(), ToDate(today)},
                       transfers);
}

absl::Status Plans::OnLearnerEnrolled(Call& call, const LearnerEnrolled& event) {
  ASSIGN_OR_RETURN(std::optional<Reservation> found,
                   reservations_.Find(call, NameIn(call.school(), "reservations", event.hold())));
  if (!found.has_value() || !MayDo(kReservationTransitions, found->state(), "LearnerEnrolled"))
    return absl::OkStatus();
  Reservation reservation = *std::move(found);
  reservation.set_state(Reservation::CONFIRMED);
  reservation.set_learner(event.learner());
  return reservations_.Update(call, reservation);
}

}  // namespace vivier::funding
