// Contracts: what the law says of them, signing, breaking, and the end of their term.
#include "services/partners/contract_law.h"
#include "services/partners/partners.h"
#include "services/partners/rules.h"
#include "services/partners/visibility.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::partners {
namespace {

absl::Status WrongState(const v1::Contract& contract) {
  return Refused(
      v1::CONTRACT_STATE,
      absl::StrCat("the contract is ", v1::Contract::State_Name(contract.state())),
      {{"contract", contract.name()}, {"state", v1::Contract::State_Name(contract.state())}});
}

v1::ContractSigned SignedEvent(const v1::Contract& contract) {
  v1::ContractSigned event;
  event.set_contract(contract.name());
  event.set_learner(contract.learner());
  event.set_cohort(contract.cohort());
  event.set_company(contract.company());
  event.set_kind(contract.kind());
  *event.mutable_start_date() = contract.start_date();
  if (contract.has_end_date()) *event.mutable_end_date() = contract.end_date();
  return event;
}

v1::ContractBroken BrokenEvent(const v1::Contract& contract) {
  v1::ContractBroken event;
  event.set_contract(contract.name());
  event.set_learner(contract.learner());
  event.set_cohort(contract.cohort());
  *event.mutable_date() = contract.broken_date();
  return event;
}

}  // namespace

absl::Status Partners::CheckContractRow(Call& call, const v1::Contract* before,
                                        v1::Contract& after) {
  if (after.kind() == v1::CONTRACT_KIND_UNSPECIFIED)
    return InvalidField("contract.kind", "is required");
  if (after.has_end_date() && ToCivil(after.end_date()) < ToCivil(after.start_date()))
    return InvalidField("contract.end_date", "is before start_date");
  ASSIGN_OR_RETURN(v1::Hiring hiring, GetOwn(call, hirings_, after.hiring()));
  if (!after.tutor().empty()) RETURN_IF_ERROR(GetOwn(call, tutors_, after.tutor()).status());
  if (before != nullptr)
    return before->state() == v1::Contract::DRAFT ? absl::OkStatus() : WrongState(*before);
  if (hiring.state() != v1::Hiring::ACCEPTED) {
    return Refused(v1::HIRING_STATE, "a contract follows an accepted hiring",
                   {{"hiring", hiring.name()}, {"state", v1::Hiring::State_Name(hiring.state())}});
  }
  after.set_learner(hiring.learner());
  after.set_cohort(hiring.cohort());
  after.set_company(hiring.company());
  after.set_state(v1::Contract::DRAFT);
  return absl::OkStatus();
}

absl::StatusOr<v1::Contract> Partners::GetContract(Call& call,
                                                   const v1::GetContractRequest& request) {
  return GetOwn(call, contracts_, request.name());
}

absl::StatusOr<v1::ListContractsResponse> Partners::ListContracts(
    Call& call, const v1::ListContractsRequest& request) {
  return ListPage<v1::ListContractsResponse>(
      call, contracts_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_contracts(); });
}

absl::StatusOr<v1::CheckContractResponse> Partners::CheckContract(
    Call& call, const v1::CheckContractRequest& request) {
  ASSIGN_OR_RETURN(v1::Contract contract, GetOwn(call, contracts_, request.name()));
  ASSIGN_OR_RETURN(std::vector<v1::Finding> findings, Judge(call, contract));
  v1::CheckContractResponse response;
  for (const v1::Finding& finding : findings) *response.add_findings() = finding;
  for (const v1::Deadline& deadline : DeadlinesOf(contract)) *response.add_deadlines() = deadline;
  return response;
}

absl::StatusOr<v1::Contract> Partners::SignContract(Call& call,
                                                    const v1::SignContractRequest& request) {
  ASSIGN_OR_RETURN(v1::Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  ASSIGN_OR_RETURN(v1::Hiring hiring, hirings_.Get(call, contract.hiring()));
  ASSIGN_OR_RETURN(std::vector<v1::Finding> findings, Judge(call, contract));
  RETURN_IF_ERROR(Sign(contract, hiring, findings));
  if (contract.has_end_date()) {
    ASSIGN_OR_RETURN(absl::Time term, call.StartOf(ToCivil(contract.end_date()) + 1));
    *contract.mutable_term_time() = ToTimestamp(term);
  }
  ASSIGN_OR_RETURN(bool is_signed, HasSigned(call, contract.learner()));
  if (is_signed) {
    return Refused(v1::LEARNER_HAS_CONTRACT, "the learner has a signed contract",
                   {{"learner", contract.learner()}});
  }
  RETURN_IF_ERROR(contracts_.Update(call, contract));
  RETURN_IF_ERROR(call.Emit(SignedEvent(contract)));
  return contract;
}

absl::StatusOr<v1::Contract> Partners::RecordFileReceipt(
    Call& call, const v1::RecordFileReceiptRequest& request) {
  ASSIGN_OR_RETURN(v1::Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  if (contract.state() != v1::Contract::SIGNED) return WrongState(contract);
  *contract.mutable_file_receipt_date() = request.receipt_date();
  RETURN_IF_ERROR(contracts_.Update(call, contract));
  return contract;
}

absl::StatusOr<v1::Contract> Partners::BreakContract(Call& call,
                                                     const v1::BreakContractRequest& request) {
  ASSIGN_OR_RETURN(v1::Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  ASSIGN_OR_RETURN(Placement before, Load(call, contract.hiring(), ""));
  Placement after = before;
  RETURN_IF_ERROR(Break(contract, request.broken_date(), after.hiring, after.learner, after.offer,
                        after.count));
  RETURN_IF_ERROR(contracts_.Update(call, contract));
  RETURN_IF_ERROR(Store(call, before, after));
  RETURN_IF_ERROR(call.Emit(BrokenEvent(contract)));
  return contract;
}

// The learner of a completed contract is not put forward again: his hiring keeps its position.
absl::Status Partners::CompleteContract(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(v1::Contract contract, contracts_.Get(call, name));
  ASSIGN_OR_RETURN(v1::Hiring hiring, hirings_.Get(call, contract.hiring()));
  contract.clear_term_time();
  if (contract.state() == v1::Contract::SIGNED) {
    contract.set_state(v1::Contract::COMPLETED);
    hiring.set_state(v1::Hiring::COMPLETED);
    RETURN_IF_ERROR(hirings_.Update(call, hiring));
  }
  return contracts_.Update(call, contract);
}

absl::StatusOr<std::vector<v1::Finding>> Partners::Judge(Call& call, const v1::Contract& contract) {
  Circumstances circumstances;
  ASSIGN_OR_RETURN(circumstances.company, companies_.Get(call, contract.company()));
  if (!contract.tutor().empty()) {
    ASSIGN_OR_RETURN(circumstances.tutor, tutors_.Find(call, contract.tutor()));
    ASSIGN_OR_RETURN(circumstances.tutees,
                     contracts_.Count(call, "tutor = $2 AND state = 'SIGNED' AND name <> $3",
                                      {contract.tutor(), contract.name()}));
  }
  return CheckLaw(contract, circumstances);
}

absl::StatusOr<bool> Partners::HasSigned(Call& call, const std::string& learner) {
  ASSIGN_OR_RETURN(int64_t count,
                   contracts_.Count(call, "learner = $2 AND state = 'SIGNED'", {learner}));
  return count > 0;
}

}  // namespace vivier::partners
