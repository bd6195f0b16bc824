#include "services/enrolment/people/retention.h"

#include <algorithm>

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {
namespace {

using options::v1::KeptPeriod;

constexpr const char* kOfLearners[] = {"PRESENCE", "DELIVERY_CERTIFICATE", "ACCOUNTS", "TITLE",
                                       "CONTRACT"};

const rules::Table& Retention() {
  static const rules::Table& table = rules::Need("R-retention");
  return table;
}

// Who paid is funding's to know, so the rule answers for whichever payer asks for most.
rules::Answer Decide(absl::string_view kind, absl::CivilDay day) {
  static const rules::Decision& period = rules::Need(Retention(), "period");
  const rules::Facts facts = rules::Facts(Retention()).With("kind", rules::Value::Text(kind));
  return rules::Decide(Retention(), period, facts, day);
}

int MonthsOf(const rules::Answer& answer) {
  return static_cast<int>(answer.Get("months").number());
}

// The day from which the months count, and how that is called; none where there was no such thing.
struct Since {
  absl::CivilDay day;
  const char* words;
};

std::optional<Since> SinceOf(const std::string& event, const Proven& proven) {
  if (event == "TRAINING_END") return Since{proven.training_end, "the end of the training"};
  if (event == "YEAR_CLOSE")
    return Since{absl::CivilDay(proven.training_end.year(), 12, 31),
                 "the close of the financial year"};
  if (event == "CONTRACT_END" && proven.contract_end.has_value())
    return Since{*proven.contract_end, "the end of the contract"};
  return std::nullopt;
}

}  // namespace

absl::Status PersonNeeded(const std::string& resource, absl::string_view why) {
  return Refused(v1::PERSON_NEEDED, why, {{"resource", resource}});
}

absl::CivilDay EraseOn(absl::CivilDay day) {
  return AddMonths(day, MonthsOf(Decide("CANDIDATE", day)));
}

std::vector<KeptPeriod> PeriodsOf(const Proven& proven, absl::CivilDay day) {
  std::vector<KeptPeriod> periods;
  for (const absl::string_view kind : kOfLearners) {
    if (kind == "TITLE" && !proven.has_title) continue;
    const rules::Answer answer = Decide(kind, day);
    const std::optional<Since> since = SinceOf(answer.Get("since").text(), proven);
    if (!since.has_value()) continue;
    KeptPeriod& period = periods.emplace_back();
    period.set_kind(std::string(kind));
    period.set_months(MonthsOf(answer));
    *period.mutable_until() = ToDate(AddMonths(since->day, period.months()));
    period.set_since(since->words);
    period.set_source(answer.Get("law").text());
  }
  return periods;
}

void KeepLongest(const std::vector<KeptPeriod>& more, KeptPeriods& kept) {
  for (const KeptPeriod& period : more) {
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const KeptPeriod& other) {
      return other.kind() == period.kind();
    });
    if (same == kept.end())
      *kept.Add() = period;
    else if (ToCivil(same->until()) < ToCivil(period.until()))
      *same = period;
  }
}

absl::CivilDay LastDayOf(const KeptPeriods& kept) {
  absl::CivilDay last = ToCivil(kept[0].until());
  for (const KeptPeriod& period : kept) last = std::max(last, ToCivil(period.until()));
  return last;
}

}  // namespace vivier::enrolment
