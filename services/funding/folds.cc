#include "services/funding/folds.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/funding/invariants.h"
#include "services/funding/plans/names.h"
#include "services/funding/plans/rules.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/sum.h"
#include "shared/service/time_zone.h"
#include "vivier/funding/v1/earnings.pb.h"
#include "vivier/funding/v1/events.pb.h"
#include "vivier/funding/v1/invoices.pb.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {
namespace {

using relations::Each;
using relations::EachEvent;
using relations::Sum;
using rpc::Breaches;
using rpc::Claims;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;
using v1::FundedSeat;
using v1::Reservation;

bool IsActive(Reservation::State state) {
  return state == Reservation::RESERVED || state == Reservation::CONFIRMED;
}

// What reservations and postings make of one funded seat.
struct Seat {
  int64_t minutes = 0, half_days = 0;
  std::vector<v1::SeatShare> shares;
  int holders = 0;  // since it was opened
  bool taken = false;

  v1::SeatShare& share(int i) {
    if (shares.size() <= static_cast<size_t>(i)) shares.resize(static_cast<size_t>(i) + 1);
    return shares[static_cast<size_t>(i)];
  }
};

struct Plans {
  std::map<std::string, v1::FundingPlan> plans;
  std::map<std::string, Seat> seats;           // by the seat's name
  std::map<std::string, std::string> seat_of;  // by reservation
};

void Hold(const Reservation& reservation, Plans& all) {
  if (reservation.seat() == 0) return;
  const std::string name = SeatOf(reservation.funding_plan(), reservation.seat());
  all.seat_of[reservation.name()] = name;
  Seat& seat = all.seats[name];
  ++seat.holders;
  seat.taken = seat.taken || IsActive(reservation.state());
  for (int i = 0; i < reservation.shares_size(); ++i) {
    v1::SeatShare& share = seat.share(i);
    share.set_reserved_cents(share.reserved_cents() + reservation.shares(i).reserved_cents());
  }
}

void Deliver(const v1::PresencePosting& posting, Plans& all) {
  const auto name = all.seat_of.find(posting.reservation());
  if (posting.minutes() == 0 || name == all.seat_of.end()) return;
  Seat& seat = all.seats[name->second];
  seat.minutes += posting.minutes();
  ++seat.half_days;
  for (int i = 0; i < posting.shares_size(); ++i) {
    const v1::PostedShare& posted = posting.shares(i);
    v1::SeatShare& share = seat.share(i);
    share.set_earned_cents(share.earned_cents() + posted.earned_cents());
    share.set_price_cents(share.price_cents() + posted.earned_cents() + posted.own_cents());
  }
}

absl::StatusOr<Plans> PlansIn(Transaction& transaction) {
  Plans all;
  RETURN_IF_ERROR(Each<v1::FundingPlan>(
      transaction, [&all](const v1::FundingPlan& plan) { all.plans[plan.name()] = plan; }));
  RETURN_IF_ERROR(Each<Reservation>(
      transaction, [&all](const Reservation& reservation) { Hold(reservation, all); }));
  RETURN_IF_ERROR(Each<v1::PresencePosting>(
      transaction, [&all](const v1::PresencePosting& posting) { Deliver(posting, all); }));
  return all;
}

// A seat whose first holder still has it holds its whole amount, reserved or earned; later ones may
// find less.
std::string Unlike(const FundedSeat& row, const v1::FundingPlan& plan, Seat due) {
  if (row.minutes() != due.minutes || row.half_days() != due.half_days)
    return "has not delivered what was posted on it";
  if (row.shares_size() != plan.shares_size()) return "has other shares than its plan";
  for (int i = 0; i < row.shares_size(); ++i) {
    const v1::SeatShare &share = row.shares(i), &expected = due.share(i);
    if (share.reserved_cents() != expected.reserved_cents())
      return "has reserved other money than its reservations";
    if (share.earned_cents() != expected.earned_cents() ||
        share.price_cents() != expected.price_cents())
      return "has earned other money than was posted on it";
    const int64_t amount = SeatAmount(plan, plan.shares(i), row.seat());
    const int64_t bound = share.reserved_cents() + share.earned_cents();
    if (bound > amount || (due.taken && due.holders == 1 && bound != amount))
      return "does not bind the amount of its plan";
  }
  return "";
}

absl::StatusOr<Breaches> CheckSeats(Transaction& transaction) {
  ASSIGN_OR_RETURN(Plans all, PlansIn(transaction));
  Breaches breaches;
  std::map<std::string, int> opened;  // by plan
  std::map<std::string, std::set<int32_t>> free_seats;
  RETURN_IF_ERROR(Each<FundedSeat>(transaction, [&](const FundedSeat& row) {
    ++breaches.checked;
    const std::string plan = ParentOf(row.name());
    const auto due = all.seats.extract(row.name());
    if (due.empty() || row.name() != SeatOf(plan, row.seat()) || all.plans.count(plan) == 0)
      return breaches.Add(row.name(), "no reservation ever took it");
    ++opened[plan];
    if (!due.mapped().taken) free_seats[plan].insert(row.seat());
    if (const std::string wrong = Unlike(row, all.plans[plan], due.mapped()); !wrong.empty())
      breaches.Add(row.name(), wrong);
  }));
  for (const auto& [name, seat] : all.seats) breaches.Add(name, "was taken and is gone");
  RETURN_IF_ERROR(Each<v1::SeatUse>(transaction, [&](const v1::SeatUse& use) {
    const std::string plan = ParentOf(use.name());
    const std::set<int32_t> free(use.free_seats().begin(), use.free_seats().end());
    if (use.opened_seats() != opened[plan] || free != free_seats[plan])
      breaches.Add(use.name(), "counts other seats as opened or free than there are");
    all.plans.erase(plan);
  }));
  for (const auto& [name, plan] : all.plans) breaches.Add(name, "has no count of its seats");
  return breaches;
}

// What the shares of a reservation sum to, and what the log answered to its hold. Why an erased
// person's ended is gone.
std::string Unlike(const Reservation& reservation,
                   const std::map<std::string, v1::SeatRefused>& refused,
                   const std::map<std::string, v1::SeatFunded>& funded, bool erased) {
  int64_t reserved_cents = 0, earned_cents = 0;
  for (const v1::ReservedShare& share : reservation.shares()) {
    reserved_cents += share.reserved_cents();
    earned_cents += share.earned_cents();
  }
  if (reserved_cents != reservation.reserved_cents() || earned_cents != reservation.earned_cents())
    return "does not sum up its shares";
  if (!erased && reservation.cause().empty() != IsActive(reservation.state()))
    return "has a cause without an end, or an end without a cause";
  const std::string hold = IdOf(reservation.name());
  if (reservation.state() != Reservation::REFUSED) {
    const auto told = funded.find(hold);
    return told != funded.end() && told->second.application() == reservation.application() &&
                   told->second.cohort() == reservation.cohort()
               ? ""
               : "was not funded";
  }
  const auto told = refused.find(hold);
  return told != refused.end() && told->second.application() == reservation.application() &&
                 told->second.cohort() == reservation.cohort() &&
                 (erased ||
                  v1::SeatRefused::Cause_Name(told->second.cause()) == reservation.cause()) &&
                 told->second.funding_agreement() == reservation.refused_by()
             ? ""
             : "was not refused so";
}

absl::StatusOr<Breaches> CheckReservations(Transaction& transaction) {
  std::map<std::string, v1::SeatRefused> refused;  // by hold
  std::map<std::string, v1::SeatFunded> funded;
  RETURN_IF_ERROR(EachEvent<v1::SeatRefused>(
      transaction, [&refused](const auto& event) { refused[event.hold()] = event; }));
  RETURN_IF_ERROR(EachEvent<v1::SeatFunded>(
      transaction, [&funded](const auto& event) { funded[event.hold()] = event; }));
  ASSIGN_OR_RETURN(const std::set<std::string> erased, relations::Erased(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(Each<Reservation>(transaction, [&](const Reservation& reservation) {
    ++breaches.checked;
    if (const std::string wrong =
            Unlike(reservation, refused, funded, erased.count(reservation.candidate()) > 0);
        !wrong.empty())
      breaches.Add(reservation.name(), wrong);
  }));
  if (breaches.checked != static_cast<int64_t>(refused.size() + funded.size()))
    breaches.Add("reservations", "are not as many as the holds that were answered");
  return breaches;
}

// Of one share of one half-day: what stands posted and what stands earned say it in the same words.
std::string Standing(const std::string& entry, int64_t share, int64_t revision,
                     const std::string& agreement, const std::string& reservation, int64_t minutes,
                     int64_t earned_cents, int64_t own_cents) {
  return absl::StrCat(entry, "\n", share, "\n", revision, "\n", agreement, "\n", reservation, "\n",
                      minutes, "\n", earned_cents, "\n", own_cents);
}

absl::Status AddStandingEarnings(Transaction& transaction, std::map<std::string, Sum>& sheets) {
  Value after = std::string();
  while (true) {
    ASSIGN_OR_RETURN(const Result page, transaction.connection().Query(
                                            absl::StrCat(kStandingEarnings, relations::kPage),
                                            {Value(transaction.school()), after}));
    for (const Row& row : page.rows) {
      const auto text = [&row](size_t i) { return std::get<std::string>(row[i]); };
      const auto number = [&row](size_t i) { return std::get<int64_t>(row[i]); };
      sheets[ParentOf(text(1))].Add(Standing(text(1), number(2), number(3), text(4), text(5),
                                             number(6), number(7), number(8)));
    }
    if (page.rows.size() < relations::kPage) return absl::OkStatus();
    after = page.rows.back()[0];
  }
}

absl::StatusOr<Breaches> CheckPostings(Transaction& transaction) {
  std::map<std::string, Sum> posted, earned;  // by sheet
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::PresencePosting>(transaction, [&](const v1::PresencePosting& posting) {
    ++breaches.checked;
    for (int i = 0; i < posting.shares_size(); ++i) {
      const v1::PostedShare& share = posting.shares(i);
      posted[posting.attendance_sheet()].Add(Standing(
          posting.presence_entry(), i + 1, share.revision(), share.funding_agreement(),
          posting.reservation(), posting.minutes(), share.earned_cents(), share.own_cents()));
      if (share.revision() != posting.revision())
        breaches.Add(posting.name(), "posts shares of another revision");
    }
    if ((posting.minutes() > 0) != (posting.shares_size() > 0))
      breaches.Add(posting.name(), "posts minutes without shares, or shares without minutes");
  }));
  RETURN_IF_ERROR(AddStandingEarnings(transaction, earned));
  for (const auto& [sheet, sum] : posted) {
    const auto of_sheet = earned.extract(sheet);
    if (of_sheet.empty() || of_sheet.mapped().Text() != sum.Text())
      breaches.Add(sheet, "what is posted of it is not what stands earned");
  }
  for (const auto& [sheet, sum] : earned) breaches.Add(sheet, "earned, and nothing is posted");
  return breaches;
}

// What the log told of sheets and invoices.
absl::StatusOr<Breaches> CheckTold(Transaction& transaction) {
  std::map<std::string, int64_t> told;
  RETURN_IF_ERROR(EachEvent<v1::AttendanceSheetPosted>(transaction, [&told](const auto& event) {
    told[event.attendance_sheet()] += event.earned_cents();
  }));
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::Earning>(transaction, [&told](const v1::Earning& earning) {
    told[ParentOf(earning.presence_entry())] -= earning.earned_cents();
  }));
  for (const auto& [sheet, cents] : told) {
    ++breaches.checked;
    if (cents != 0) breaches.Add(sheet, "earned other money than the log told");
  }
  std::map<std::string, v1::InvoiceIssued> issued;
  RETURN_IF_ERROR(EachEvent<v1::InvoiceIssued>(
      transaction, [&issued](const auto& event) { issued[event.invoice()] = event; }));
  RETURN_IF_ERROR(Each<v1::Invoice>(transaction, [&](const v1::Invoice& invoice) {
    if (invoice.state() == v1::Invoice::DRAFT) return;
    ++breaches.checked;
    const auto event = issued.extract(invoice.name());
    if (event.empty() || event.mapped().total_cents() != invoice.total_cents() ||
        event.mapped().funding_agreement() != invoice.funding_agreement())
      breaches.Add(invoice.name(), "is not the invoice that was issued");
  }));
  for (const auto& [name, event] : issued) breaches.Add(name, "was issued and is gone");
  return breaches;
}

// What is posted of a seat or a ceiling is of the school's day on which it was posted, in whichever
// zone it was then: a zone that is announced later holds for the rest of its day.
absl::StatusOr<Breaches> CheckDays(Transaction& transaction) {
  ASSIGN_OR_RETURN(const rpc::TimeZones zones, rpc::TimeZonesOf(transaction));
  ASSIGN_OR_RETURN(const Result entries,
                   transaction.connection().Query(SeatEntries(), {Value(transaction.school())}));
  Breaches breaches;
  for (const Row& row : entries.rows) {
    ++breaches.checked;
    const absl::Time posted = absl::FromUnixMicros(std::get<int64_t>(row[2]));
    const auto* text = std::get_if<std::string>(&row[1]);
    const auto date = text == nullptr ? std::nullopt : ReadDateText(*text);
    const auto is_off = [&](absl::CivilDay day) { return std::abs(ToCivil(*date) - day) > 1; };
    if (!date.has_value() || is_off(rpc::DayAt(zones, posted)))
      breaches.Add(std::get<std::string>(row[0]), "is not of the day of its posting");
  }
  return breaches;
}

// Why holds ended, as enrolment told it.
absl::StatusOr<Claims> CausesIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(Each<Reservation>(transaction, [&claims](const Reservation& reservation) {
    if (reservation.state() == Reservation::RELEASED && !reservation.cause().empty())
      claims[IdOf(reservation.name())] = reservation.cause();
  }));
  return claims;
}

// Of cohorts that a plan pays for.
absl::StatusOr<Claims> DeliveredMinutes(Transaction& transaction) {
  std::map<std::string, Sum> cohorts;
  RETURN_IF_ERROR(
      Each<v1::PresencePosting>(transaction, [&cohorts](const v1::PresencePosting& posting) {
        Sum& sum = cohorts[ParentOf(posting.attendance_sheet())];
        if (posting.minutes() > 0)
          sum.Add(absl::StrCat(posting.presence_entry(), "\n", posting.minutes()));
      }));
  return relations::ToClaims(cohorts);
}

}  // namespace

void AddFolds(rpc::Service& service) {
  service
      .Follows("I16",
               "funded_seats: name, seat, minutes, half_days, shares; "
               "seat_uses: name, opened_seats, free_seats",
               &CheckSeats)
      .Follows("I16",
               "reservations: name, application, cohort, seat, state, cause, refused_by, shares, "
               "reserved_cents, earned_cents",
               &CheckReservations)
      .Follows("I5",
               "presence_postings: name, revision, minutes, reservation, shares; earnings: name, "
               "share, revision, funding_agreement, reservation, minutes, earned_cents, own_cents",
               &CheckPostings)
      .Follows("I16", "earnings: earned_cents; invoices: total_cents, funding_agreement, state",
               &CheckTold)
      .Follows("I3", "journal_entries: date", &CheckDays)
      .Claim("I17", "causes of releases", rpc::Knows::kSome, "reservations: state, cause",
             &CausesIn)
      .Claim("I17", "delivered half-days", rpc::Knows::kSome, "presence_postings: minutes",
             &DeliveredMinutes);
}

}  // namespace vivier::funding
