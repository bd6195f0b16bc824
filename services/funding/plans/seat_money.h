// The money of one seat, from the hold to the last half-day: what rules.h prices and ledger.h
// moves, over every share of the plan. Pure functions on messages, therefore thread-safe; storing
// what they changed is the caller's part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "google/type/date.pb.h"
#include "services/funding/journal/ledger.h"
#include "vivier/funding/v1/earnings.pb.h"
#include "vivier/funding/v1/funders.pb.h"
#include "vivier/funding/v1/plans.pb.h"

namespace vivier::funding {

// One share of a plan with the agreement that pays it and that agreement's counters.
struct PlannedShare {
  v1::FundingAgreement agreement;
  v1::AgreementBalance balance;
};

// A cohort's plan and its shares, in the plan's order.
struct Paying {
  v1::FundingPlan plan;
  std::vector<PlannedShare> shares;
};

// Where a learner's half-days are counted: their reservation and its seat. Without a reservation an
// unused seat, which is not stored, gives the price.
struct Holder {
  std::optional<v1::Reservation> reservation;
  v1::FundedSeat seat;
};

// What a half-day became under one share.
struct Delivered {
  int64_t earned_cents = 0;                                     // owed by the funder
  int64_t own_cents = 0;                                        // borne by the school
  v1::Finding::Kind shortfall = v1::Finding::KIND_UNSPECIFIED;  // why the school bears it
  Transfers transfers;
};

// The agreements of a plan.
std::vector<std::string> AgreementsOf(const Paying& paying);

// A seat of the plan on which nobody has sat.
v1::FundedSeat UnusedSeat(const v1::FundingPlan& plan, int number);

// The first agreement that has not the seat's rest on that day, "" when all have.
std::string WithoutMoney(const Paying& paying, const v1::FundedSeat& seat,
                         const google::type::Date& date);

// Reserves the rest of the seat under every agreement; WithoutMoney said that it is there.
Transfers HoldSeat(Paying& paying, v1::FundedSeat& seat, v1::Reservation& reservation);

// Frees what the reservation still holds; what is earned stays earned.
Transfers FreeSeat(Paying& paying, v1::FundedSeat& seat, v1::Reservation& reservation);

// Earns a half-day with `minutes` > 0 of proven presence, per share.
std::vector<Delivered> Deliver(Paying& paying, const google::type::Date& date, int32_t minutes,
                               Holder& holder);

// Takes back what stands posted, and answers the transfers per share.
std::vector<Transfers> TakeBack(Paying& paying, const v1::PresencePosting& posting, Holder& holder);

}  // namespace vivier::funding
