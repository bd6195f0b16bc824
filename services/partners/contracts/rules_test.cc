#include "services/partners/contracts/rules.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::partners {
namespace {

using v1::Contract;
using v1::Hiring;

TEST(SignTest, OnlyErrorsRefuse) {
  struct Row {
    Contract::State contract;
    Hiring::State hiring;
    std::vector<v1::Finding::Severity> findings;
    std::string refusal;
  };
  const Row rows[] = {
      {Contract::DRAFT, Hiring::ACCEPTED, {}, ""},
      {Contract::DRAFT, Hiring::ACCEPTED, {v1::Finding::WARNING}, ""},
      {Contract::DRAFT,
       Hiring::ACCEPTED,
       {v1::Finding::WARNING, v1::Finding::ERROR},
       "CONTRACT_NOT_LEGAL"},
      {Contract::DRAFT, Hiring::DECLINED, {}, "HIRING_STATE"},
      {Contract::SIGNED, Hiring::ACCEPTED, {}, "CONTRACT_STATE"},
      {Contract::BROKEN, Hiring::BROKEN, {}, "CONTRACT_STATE"},
  };
  for (const Row& row : rows) {
    Contract contract;
    contract.set_state(row.contract);
    Hiring hiring;
    hiring.set_state(row.hiring);
    std::vector<v1::Finding> findings(row.findings.size());
    for (size_t i = 0; i < findings.size(); ++i) findings[i].set_severity(row.findings[i]);
    EXPECT_EQ(ReasonOf(Sign(contract, hiring, findings)), row.refusal);
    EXPECT_EQ(contract.state(), row.refusal.empty() ? Contract::SIGNED : row.contract);
  }
}

}  // namespace
}  // namespace vivier::partners
