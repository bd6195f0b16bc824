// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/partners/contracts/transitions.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/partners/contracts/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::partners {
namespace {

using v1::Contract;
using v1::Hiring;

std::set<std::string> Rows() {
  return testing::RowsOf(kContractTransitions,
                         [](auto state) { return Contract::State_Name(state); });
}

TEST(ContractTransitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/partners/contracts/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "Contract"), Rows());
}

absl::Status Do(const std::string& act, Contract& contract) {
  Hiring hiring;
  hiring.set_state(Hiring::ACCEPTED);
  if (act == "SignContract") return Sign(contract, hiring, {});
  if (act != "BreakContract") return MoveContract(act, contract);
  v1::LearnerPutForward learner;
  learner.set_state(v1::LearnerPutForward::HIRED);
  v1::JobOffer offer;
  v1::PositionCount count;
  count.set_taken(1);
  contract.mutable_start_date()->set_year(2027);
  return Break(contract, contract.start_date(), hiring, learner, offer, count);
}

TEST(ContractTransitions, TheRulesMoveContractsAsTheRowsSay) {
  // The check of a standard method gives a new contract its state.
  std::set<std::string> done = {"new CreateContract DRAFT"};
  for (int number = 1; number < Contract::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<Contract::State>(number);
    for (const char* act : {"CreateContract", "UpdateContract", "SignContract", "RecordFileReceipt",
                            "BreakContract", "CompleteContract"}) {
      Contract contract;
      contract.set_state(state);
      const absl::Status status = Do(act, contract);
      if (status.ok()) {
        done.insert(absl::StrCat(Contract::State_Name(state), " ", act, " ",
                                 Contract::State_Name(contract.state())));
        continue;
      }
      EXPECT_EQ(ReasonOf(status), "CONTRACT_STATE") << act;
      EXPECT_EQ(contract.state(), state) << act;
    }
  }
  EXPECT_EQ(done, Rows());
}

// A refused break leaves the contract as it was, whatever refuses it.
TEST(ContractTransitions, ARefusedBreakChangesNothing) {
  Contract contract;
  contract.set_state(Contract::SIGNED);
  Hiring hiring;
  hiring.set_state(Hiring::COMPLETED);
  v1::LearnerPutForward learner;
  v1::JobOffer offer;
  v1::PositionCount count;
  count.set_taken(1);
  EXPECT_EQ(ReasonOf(Break(contract, {}, hiring, learner, offer, count)), "HIRING_STATE");
  EXPECT_EQ(contract.state(), Contract::SIGNED);
  EXPECT_EQ(count.taken(), 1);
}

}  // namespace
}  // namespace vivier::partners
