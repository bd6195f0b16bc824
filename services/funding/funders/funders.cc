#include "services/funding/funders/funders.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/funding/funders/rules.h"
#include "services/funding/journal/names.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/funding/v1/reasons.pb.h"

namespace vivier::funding {

using rpc::Call;
using v1::FundingAgreement;

void Funders::AddTo(rpc::Service& service) {
  service
      .Standard(funders_,
                rpc::BeforeStore<v1::Funder>([](Call&, const v1::Funder*, v1::Funder& funder) {
                  return CheckSiret(funder);
                }))
      .Standard(agreements_)
      .On(*this, &Funders::CreateFundingAgreement)
      .On(*this, &Funders::AmendFundingAgreement)
      .On(*this, &Funders::CloseFundingAgreement);
}

absl::StatusOr<FundingAgreement> Funders::CreateFundingAgreement(
    Call& call, const v1::CreateFundingAgreementRequest& request) {
  FundingAgreement agreement = request.funding_agreement();
  agreement.set_name(NameIn(call.school(), "fundingAgreements", request.funding_agreement_id()));
  RETURN_IF_ERROR(CheckAgreement(agreement));
  RETURN_IF_ERROR(funders_.Get(call, agreement.funder()).status());
  agreement.set_state(FundingAgreement::ACTIVE);
  agreement.set_amendment_count(1);
  RETURN_IF_ERROR(agreements_.Insert(call, agreement));

  v1::AgreementBalance balance;
  balance.set_name(BalanceOf(agreement.name()));
  Transfers transfers;
  SetCeiling(agreement.ceiling_cents(), balance, transfers);
  RETURN_IF_ERROR(journal_.Open(call, balance));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  RETURN_IF_ERROR(journal_.Post(
      call,
      {absl::StrCat("c.", request.funding_agreement_id(), ".1"), agreement.name(), ToDate(today)},
      transfers));
  return agreement;
}

absl::StatusOr<FundingAgreement> Funders::AmendFundingAgreement(
    Call& call, const v1::AmendFundingAgreementRequest& request) {
  ASSIGN_OR_RETURN(FundingAgreement agreement,
                   agreements_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(MoveAgreement("AmendFundingAgreement", agreement));
  ASSIGN_OR_RETURN(v1::AgreementBalance balance,
                   journal_.balances().Get(call, BalanceOf(agreement.name())));
  if (request.ceiling_cents() < balance.reserved_cents() + balance.earned_cents())
    return CeilingBelowCommitted(call, balance, request.ceiling_cents());
  RETURN_IF_ERROR(amending.Run(call, {agreement.name()}));

  agreement.set_ceiling_cents(request.ceiling_cents());
  agreement.set_amendment_count(agreement.amendment_count() + 1);
  RETURN_IF_ERROR(agreements_.Update(call, agreement));
  Transfers transfers;
  SetCeiling(request.ceiling_cents(), balance, transfers);
  RETURN_IF_ERROR(journal_.Store(call, balance));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  RETURN_IF_ERROR(
      journal_.Post(call,
                    {absl::StrCat("c.", IdOf(agreement.name()), ".", agreement.amendment_count()),
                     agreement.name(), ToDate(today)},
                    transfers));
  return agreement;
}

absl::Status Funders::CeilingBelowCommitted(Call& call, const v1::AgreementBalance& balance,
                                            int64_t ceiling_cents) {
  const std::string agreement = ParentOf(balance.name());
  const int64_t release_cents = balance.reserved_cents() + balance.earned_cents() - ceiling_cents;
  std::vector<std::string> names;
  RETURN_IF_ERROR(releasing.Run(call, agreement, release_cents, names));
  return Refused(v1::CEILING_BELOW_COMMITTED, "more is reserved and earned than the new ceiling",
                 {{"agreement", agreement},
                  {"release_cents", absl::StrCat(release_cents)},
                  {"reservations", absl::StrJoin(names, ",")}});
}

absl::StatusOr<FundingAgreement> Funders::CloseFundingAgreement(
    Call& call, const v1::CloseFundingAgreementRequest& request) {
  ASSIGN_OR_RETURN(FundingAgreement agreement,
                   agreements_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(MoveAgreement("CloseFundingAgreement", agreement));
  RETURN_IF_ERROR(agreements_.Update(call, agreement));
  return agreement;
}

}  // namespace vivier::funding
