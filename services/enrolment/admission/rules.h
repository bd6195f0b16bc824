// Who gets a seat: the only place where it is decided. Pure functions on messages; no clock, no
// storage. Thread-safe.
//
// The rule: an application that somebody admits holds a seat if fewer than `capacity` better ranked
// ones of its cohort are in play (selection/states.h). So the order in which people are admitted,
// and in which answers come, changes nothing in the end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "vivier/enrolment/v1/admission.pb.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {

// How long enrolment waits for funding's answer to a hold: funding may be down for a night.
inline constexpr absl::Duration kFundingWait = absl::Hours(24);
// How long a candidate may think before the seat goes on: a week has a weekend for everybody.
inline constexpr absl::Duration kAcceptanceWait = absl::Hours(7 * 24);

// Where an application stands among the ranked of its cohort.
struct Standing {
  int64_t better_in_play = 0;  // counted up to the capacity: more make no difference
  bool better_awaits_funding = false;
};

// Holds a seat for one of the best ranked, or leaves the application on the waitlist at its rank.
// `hold` is the id of the hold that it may become. Behind somebody who waits for money nobody asks
// for it: they would pass.
absl::Status Admit(const v1::Cohort& cohort, const Standing& standing, v1::CohortSeats& seats,
                   v1::Application& application, const std::string& hold, absl::Time now);

// What follows when an application left play or seats were added: holds seats for those who wait
// and now are among the best, while the cohort is open; and asks for the money again where somebody
// who waited for it left (`ask_again`). `ranked` has the applications of the cohort in play, in the
// order of ranks: all, or those that may move (selection/line.h); answers, in that order, those
// that changed. FundingPlanChanged is `ask_again` alone.
std::vector<v1::Application*> Advance(const v1::Cohort& cohort, v1::CohortSeats& seats,
                                      absl::Span<v1::Application> ranked, bool ask_again,
                                      const std::function<std::string()>& new_hold, absl::Time now);

// Whether an answer to `hold` still counts.
bool IsCurrent(const v1::Application& application, const std::string& hold);

// The money of the current hold is reserved: the candidate may accept.
void Fund(v1::CohortSeats& seats, v1::Application& application, absl::Time now);

// The current hold got no money: the seat stays held at its rank and waits.
void AwaitFunding(v1::Application& application);

// No answer came in time: the hold ends, the seat stays held and asks with a new hold, or waits
// behind somebody.
void Renew(bool better_awaits_funding, v1::Application& application, const std::string& new_hold,
           absl::Time now);

// FAILED_PRECONDITION, NOT_ADMITTED, unless the candidate is asked.
absl::Status Accept(v1::Application& application);

// Ends the application, and frees its seat where it had one: then true.
bool End(v1::CohortSeats& seats, v1::Application& application, v1::Application::State end);

// Why a person may not decline, withdraw, or be rejected, now.
absl::Status CheckDecline(const v1::Application& application);
absl::Status CheckWithdraw(const v1::Cohort& cohort, const v1::Application& application);
absl::Status CheckReject(const v1::Application& application);

// Seats that nobody has.
int32_t FreeSeats(const v1::CohortSeats& seats);

// The seats of a cohort that changed its capacity.
absl::Status Resize(int32_t capacity, v1::CohortSeats& seats);

}  // namespace vivier::enrolment
