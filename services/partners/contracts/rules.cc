#include "services/partners/contracts/rules.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/partners/contracts/transitions.h"
#include "services/partners/hirings/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {

using v1::Contract;
using v1::Hiring;

absl::Status CheckMayDo(absl::string_view act, const Contract& contract) {
  if (MayDo(kContractTransitions, contract.state(), act)) return absl::OkStatus();
  return Refused(
      v1::CONTRACT_STATE, absl::StrCat("the contract is ", Contract::State_Name(contract.state())),
      {{"contract", contract.name()}, {"state", Contract::State_Name(contract.state())}});
}

absl::Status MoveContract(absl::string_view act, Contract& contract) {
  RETURN_IF_ERROR(CheckMayDo(act, contract));
  contract.set_state(*StateAfter(kContractTransitions, contract.state(), act));
  return absl::OkStatus();
}

absl::Status Sign(Contract& contract, const Hiring& hiring,
                  const std::vector<v1::Finding>& findings) {
  RETURN_IF_ERROR(CheckMayDo("SignContract", contract));
  RETURN_IF_ERROR(CheckAccepted(hiring));
  std::vector<std::string> errors;
  std::set<std::string> rules;
  for (const v1::Finding& finding : findings) {
    if (finding.severity() != v1::Finding::ERROR) continue;
    errors.push_back(finding.code());
    rules.insert(finding.rule());
  }
  if (!errors.empty()) {
    return Refused(v1::CONTRACT_NOT_LEGAL,
                   "the contract breaks the law: checkContract explains each finding",
                   {{"contract", contract.name()},
                    {"findings", absl::StrJoin(errors, ",")},
                    {"rules", absl::StrJoin(rules, ",")}});
  }
  return MoveContract("SignContract", contract);
}

absl::Status Break(Contract& contract, const google::type::Date& date, Hiring& hiring,
                   v1::LearnerPutForward& learner, v1::JobOffer& offer, v1::PositionCount& count) {
  RETURN_IF_ERROR(CheckMayDo("BreakContract", contract));
  if (ToCivil(date) < ToCivil(contract.start_date()))
    return InvalidField("broken_date", "is before the contract's start");
  if (contract.has_end_date() && ToCivil(date) >= ToCivil(contract.end_date()))
    return InvalidField("broken_date", "is not before the contract's term");
  RETURN_IF_ERROR(EndBroken(hiring, learner, offer, count));
  *contract.mutable_broken_date() = date;
  contract.clear_term_time();
  return MoveContract("BreakContract", contract);
}

}  // namespace vivier::partners
