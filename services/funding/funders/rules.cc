#include "services/funding/funders/rules.h"

#include "absl/strings/str_cat.h"
#include "services/funding/funders/states.h"
#include "shared/base/error.h"
#include "shared/formats/codes.h"
#include "vivier/funding/v1/reasons.pb.h"

namespace vivier::funding {

int Compare(const google::type::Date& left, const google::type::Date& right) {
  auto order = [](const google::type::Date& date) {
    return (date.year() * 100 + date.month()) * 100 + date.day();
  };
  return order(left) < order(right) ? -1 : order(left) > order(right) ? 1 : 0;
}

bool ValidOn(const v1::FundingAgreement& agreement, const google::type::Date& date) {
  return Compare(agreement.valid_from(), date) <= 0 && Compare(date, agreement.valid_until()) <= 0;
}

absl::Status CheckSiret(const v1::Funder& funder) {
  if (funder.siret().empty() || formats::CheckSiret(funder.siret()).ok()) return absl::OkStatus();
  return InvalidField("funder.siret", "is not a SIRET: its check digit does not fit");
}

absl::Status CheckAgreement(const v1::FundingAgreement& agreement) {
  if (Compare(agreement.valid_from(), agreement.valid_until()) > 0)
    return InvalidField("funding_agreement.valid_until", "must not be before valid_from");
  return absl::OkStatus();
}

absl::Status MoveAgreement(absl::string_view act, v1::FundingAgreement& agreement) {
  const auto after = StateAfter(kFundingAgreementTransitions, agreement.state(), act);
  if (!after.has_value())
    return Refused(v1::AGREEMENT_CLOSED,
                   absl::StrCat("the funding agreement is closed: ", act, " is refused"),
                   {{"agreement", agreement.name()}});
  agreement.set_state(*after);
  return absl::OkStatus();
}

}  // namespace vivier::funding
