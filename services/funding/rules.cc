#include "services/funding/rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/funding/names.h"
#include "shared/base/error.h"

namespace vivier::funding {
namespace {

using enrolment::v1::PersonClasses;
using v1::EligibilityFinding;
using v1::PlanShare;

constexpr int kMinutesPerHour = 60;

int64_t PriceUpTo(const v1::FundingPlan& plan, const PlanShare& share, int seat, int64_t minutes,
                  int64_t half_days) {
  if (share.basis() == PlanShare::HOURLY)
    return EarnedUpTo(share.amount_cents(), kMinutesPerHour, minutes);
  return EarnedUpTo(SeatAmount(plan, share, seat), plan.planned_half_days(), half_days);
}

std::string OrUnknown(const std::string& fact) { return fact.empty() ? "unknown" : fact; }

std::string BandNames(const v1::EligibilityRule& rule) {
  return absl::StrJoin(rule.age_bands(), ", ", [](std::string* out, int band) {
    out->append(PersonClasses::AgeBand_Name(static_cast<PersonClasses::AgeBand>(band)));
  });
}

template <class Container, class Value>
bool AsksAndMisses(const Container& allowed, const Value& value) {
  return !allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end();
}

}  // namespace

int64_t EarnedUpTo(int64_t amount_cents, int64_t planned, int64_t done) {
  // amount * done could leave 64 bits: whole cents per unit first, then the rest, which is below
  // `planned`.
  const int64_t whole = amount_cents / planned;
  const int64_t rest = amount_cents % planned;
  return whole * done + (2 * rest * done + planned) / (2 * planned);
}

std::vector<int64_t> SpreadOverSeats(int64_t amount_cents, int seats) {
  std::vector<int64_t> parts(static_cast<size_t>(seats), amount_cents / seats);
  const auto odd_cents = static_cast<size_t>(amount_cents % seats);
  for (size_t seat = 0; seat < odd_cents; ++seat) ++parts[seat];
  return parts;
}

int64_t SeatAmount(const v1::FundingPlan& plan, const PlanShare& share, int seat) {
  switch (share.basis()) {
    case PlanShare::HOURLY:
      return EarnedUpTo(share.amount_cents(), kMinutesPerHour, plan.planned_minutes());
    case PlanShare::LUMP_SUM:  // SpreadOverSeats without the other seats
      return share.amount_cents() / plan.seats() +
             (seat <= share.amount_cents() % plan.seats() ? 1 : 0);
    default:
      return share.amount_cents();
  }
}

std::vector<int64_t> Split(const v1::FundingPlan& plan, const v1::FundedSeat& seat,
                           int32_t minutes) {
  std::vector<int64_t> prices;
  for (int i = 0; i < plan.shares_size(); ++i) {
    const int64_t delivered = i < seat.shares_size() ? seat.shares(i).price_cents() : 0;
    const int64_t with_this = PriceUpTo(plan, plan.shares(i), seat.seat(), seat.minutes() + minutes,
                                        seat.half_days() + (minutes > 0 ? 1 : 0));
    // After a correction the sum delivered may lie a cent above the rounded one: a price is never
    // negative.
    prices.push_back(std::max<int64_t>(0, with_this - delivered));
  }
  return prices;
}

std::vector<EligibilityFinding> Ineligibility(const v1::FundingAgreement& agreement,
                                              const PersonClasses& classes) {
  std::vector<EligibilityFinding> findings;
  auto add = [&](EligibilityFinding::Rule which, const std::string& required,
                 const std::string& fact) {
    EligibilityFinding& finding = findings.emplace_back();
    finding.set_funding_agreement(agreement.name());
    finding.set_rule(which);
    finding.set_required(required);
    finding.set_fact(fact);
  };
  const v1::EligibilityRule& rule = agreement.eligibility_rule();
  if (rule.jobseeker_required() && !classes.jobseeker())
    add(EligibilityFinding::JOBSEEKER, "registered jobseeker", "not registered");
  if (AsksAndMisses(rule.region_codes(), classes.region_code()))
    add(EligibilityFinding::REGION, absl::StrJoin(rule.region_codes(), ", "),
        OrUnknown(classes.region_code()));
  if (AsksAndMisses(rule.age_bands(), static_cast<int>(classes.age_band()))) {
    const bool known = classes.age_band() != PersonClasses::AGE_BAND_UNSPECIFIED;
    add(EligibilityFinding::AGE_BAND, BandNames(rule),
        known ? PersonClasses::AgeBand_Name(classes.age_band()) : "unknown");
  }
  const int level = classes.education_level();
  if (rule.education_level_max() > 0 && (level == 0 || level > rule.education_level_max()))
    add(EligibilityFinding::EDUCATION_LEVEL, absl::StrCat("at most ", rule.education_level_max()),
        level == 0 ? "unknown" : absl::StrCat(level));
  return findings;
}

int Compare(const google::type::Date& left, const google::type::Date& right) {
  auto order = [](const google::type::Date& date) {
    return (date.year() * 100 + date.month()) * 100 + date.day();
  };
  return order(left) < order(right) ? -1 : order(left) > order(right) ? 1 : 0;
}

bool ValidOn(const v1::FundingAgreement& agreement, const google::type::Date& date) {
  return Compare(agreement.valid_from(), date) <= 0 && Compare(date, agreement.valid_until()) <= 0;
}

absl::Status CheckAgreement(const v1::FundingAgreement& agreement) {
  if (Compare(agreement.valid_from(), agreement.valid_until()) > 0)
    return InvalidField("funding_agreement.valid_until", "must not be before valid_from");
  return absl::OkStatus();
}

absl::Status CheckPlan(const v1::FundingPlan& plan) {
  if (IdOf(plan.name()) != IdOf(plan.cohort()))
    return InvalidField("funding_plan_id",
                        absl::StrCat("must be the cohort's id, ", IdOf(plan.cohort())));
  for (int i = 0; i < plan.shares_size(); ++i) {
    const std::string field = absl::StrCat("funding_plan.shares[", i, "]");
    if (plan.shares(i).basis() == PlanShare::BASIS_UNSPECIFIED)
      return InvalidField(field + ".basis", "must be given");
    for (int before = 0; before < i; ++before)
      if (plan.shares(before).funding_agreement() == plan.shares(i).funding_agreement())
        return InvalidField(field + ".funding_agreement", "an agreement takes part once");
  }
  return absl::OkStatus();
}

int TakeSeat(const v1::FundingPlan& plan, v1::SeatUse& use) {
  auto* free_seats = use.mutable_free_seats();
  if (!free_seats->empty()) {
    const auto lowest = std::min_element(free_seats->begin(), free_seats->end());
    const int seat = *lowest;
    free_seats->erase(lowest);
    return seat;
  }
  if (use.opened_seats() >= plan.seats()) return 0;
  use.set_opened_seats(use.opened_seats() + 1);
  return use.opened_seats();
}

void GiveSeatBack(int seat, v1::SeatUse& use) { use.add_free_seats(seat); }

}  // namespace vivier::funding
