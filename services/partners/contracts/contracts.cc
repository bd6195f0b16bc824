#include "services/partners/contracts/contracts.h"

#include "services/partners/companies/visibility.h"
#include "services/partners/contracts/contract_law.h"
#include "services/partners/contracts/rules.h"
#include "services/partners/contracts/transitions.h"
#include "services/partners/hirings/transitions.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/events.pb.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using rpc::Call;
using v1::Contract;

v1::ContractSigned SignedEvent(const Contract& contract) {
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

v1::ContractBroken BrokenEvent(const Contract& contract) {
  v1::ContractBroken event;
  event.set_contract(contract.name());
  event.set_learner(contract.learner());
  event.set_cohort(contract.cohort());
  *event.mutable_date() = contract.broken_date();
  return event;
}

}  // namespace

void Contracts::AddTo(rpc::Service& service) {
  service
      .Standard(contracts_, rpc::BeforeStore<Contract>(
                                [this](Call& call, const Contract* before, Contract& after) {
                                  return Check(call, before, after);
                                }))
      .On(*this, &Contracts::GetContract)
      .On(*this, &Contracts::ListContracts)
      .On(*this, &Contracts::CheckContract)
      .On(*this, &Contracts::SignContract)
      .On(*this, &Contracts::RecordFileReceipt)
      .On(*this, &Contracts::BreakContract)
      .Tick(*this, &Contracts::CompleteContract, contracts_, "term_time");
}

absl::Status Contracts::Check(Call& call, const Contract* before, Contract& after) {
  if (after.kind() == v1::CONTRACT_KIND_UNSPECIFIED)
    return InvalidField("contract.kind", "is required");
  if (after.has_end_date() && ToCivil(after.end_date()) < ToCivil(after.start_date()))
    return InvalidField("contract.end_date", "is before start_date");
  ASSIGN_OR_RETURN(v1::Hiring hiring, GetOwn(call, hirings_.rows(), after.hiring()));
  if (!after.tutor().empty()) RETURN_IF_ERROR(GetOwn(call, tutors_.rows(), after.tutor()).status());
  if (before != nullptr) return CheckMayDo("UpdateContract", *before);
  if (!MayDo(kHiringTransitions, hiring.state(), "CreateContract")) {
    return Refused(v1::HIRING_STATE, "a contract follows an accepted hiring",
                   {{"hiring", hiring.name()}, {"state", v1::Hiring::State_Name(hiring.state())}});
  }
  after.set_learner(hiring.learner());
  after.set_cohort(hiring.cohort());
  after.set_company(hiring.company());
  after.set_state(Contract::DRAFT);
  return absl::OkStatus();
}

absl::StatusOr<Contract> Contracts::GetContract(Call& call, const v1::GetContractRequest& request) {
  return GetOwn(call, contracts_, request.name());
}

absl::StatusOr<v1::ListContractsResponse> Contracts::ListContracts(
    Call& call, const v1::ListContractsRequest& request) {
  return ListPage<v1::ListContractsResponse>(
      call, contracts_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_contracts(); });
}

absl::StatusOr<v1::CheckContractResponse> Contracts::CheckContract(
    Call& call, const v1::CheckContractRequest& request) {
  ASSIGN_OR_RETURN(Contract contract, GetOwn(call, contracts_, request.name()));
  ASSIGN_OR_RETURN(std::vector<v1::Finding> findings, Judge(call, contract));
  v1::CheckContractResponse response;
  for (const v1::Finding& finding : findings) *response.add_findings() = finding;
  for (const v1::Deadline& deadline : DeadlinesOf(contract)) *response.add_deadlines() = deadline;
  return response;
}

absl::StatusOr<Contract> Contracts::SignContract(Call& call,
                                                 const v1::SignContractRequest& request) {
  ASSIGN_OR_RETURN(Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  ASSIGN_OR_RETURN(v1::Hiring hiring, hirings_.rows().Get(call, contract.hiring()));
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

absl::StatusOr<Contract> Contracts::RecordFileReceipt(Call& call,
                                                      const v1::RecordFileReceiptRequest& request) {
  ASSIGN_OR_RETURN(Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  RETURN_IF_ERROR(MoveContract("RecordFileReceipt", contract));
  *contract.mutable_file_receipt_date() = request.receipt_date();
  RETURN_IF_ERROR(contracts_.Update(call, contract));
  return contract;
}

absl::StatusOr<Contract> Contracts::BreakContract(Call& call,
                                                  const v1::BreakContractRequest& request) {
  ASSIGN_OR_RETURN(Contract contract, GetOwn(call, contracts_, request.name()));
  RETURN_IF_ERROR(contracts_.schema().CheckEtag(contract, request.etag()));
  ASSIGN_OR_RETURN(Placement before, hirings_.Load(call, contract.hiring(), ""));
  Placement after = before;
  RETURN_IF_ERROR(Break(contract, request.broken_date(), after.hiring, after.learner,
                        after.vacancy.offer, after.vacancy.count));
  RETURN_IF_ERROR(contracts_.Update(call, contract));
  RETURN_IF_ERROR(hirings_.Store(call, before, after));
  RETURN_IF_ERROR(call.Emit(BrokenEvent(contract)));
  return contract;
}

// The learner of a completed contract is not put forward again: their hiring keeps its position.
absl::Status Contracts::CompleteContract(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Contract contract, contracts_.Get(call, name));
  contract.clear_term_time();
  if (MayDo(kContractTransitions, contract.state(), "CompleteContract")) {
    RETURN_IF_ERROR(MoveContract("CompleteContract", contract));
    RETURN_IF_ERROR(hirings_.Complete(call, contract.hiring()));
  }
  return contracts_.Update(call, contract);
}

absl::Status Contracts::SayUse(Call& call, const std::string& tutor, bool& in_use) {
  ASSIGN_OR_RETURN(const bool contracts, contracts_.Any(call, "tutor = $2", {tutor}));
  in_use = in_use || contracts;
  return absl::OkStatus();
}

absl::Status Contracts::CheckDecline(Call& call, const v1::Hiring& hiring) {
  ASSIGN_OR_RETURN(bool is_signed, HasSigned(call, hiring.learner()));
  if (is_signed && hiring.state() == v1::Hiring::ACCEPTED) {
    return Refused(v1::LEARNER_HAS_CONTRACT, "the contract is signed: it can only be broken",
                   {{"hiring", hiring.name()}});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Finding>> Contracts::Judge(Call& call, const Contract& contract) {
  Circumstances circumstances;
  ASSIGN_OR_RETURN(circumstances.company, companies_.rows().Get(call, contract.company()));
  if (!contract.tutor().empty()) {
    ASSIGN_OR_RETURN(circumstances.tutor, tutors_.rows().Find(call, contract.tutor()));
    ASSIGN_OR_RETURN(circumstances.tutees,
                     contracts_.Count(call, "tutor = $2 AND state = 'SIGNED' AND name <> $3",
                                      {contract.tutor(), contract.name()}));
  }
  return CheckLaw(contract, circumstances);
}

absl::StatusOr<bool> Contracts::HasSigned(Call& call, const std::string& learner) {
  return contracts_.Any(call, "learner = $2 AND state = 'SIGNED'", {learner});
}

}  // namespace vivier::partners
