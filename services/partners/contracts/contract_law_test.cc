#include "services/partners/contracts/contract_law.h"

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "shared/base/date.h"

namespace vivier::partners {
namespace {

using absl::CivilDay;
using v1::Contract;

// A lawful one-year contract of a 30-year-old jobseeker at the minimum wage of 2026, 20 % training.
Contract Lawful() {
  Contract contract;
  contract.set_company("schools/nancy/companies/82409268800012");
  contract.set_kind(v1::PROFESSIONALISATION);
  *contract.mutable_start_date() = ToDate(CivilDay(2026, 9, 1));
  *contract.mutable_end_date() = ToDate(CivilDay(2027, 8, 31));
  contract.set_working_minutes(1607 * 60);
  contract.set_training_minutes(321 * 60);
  contract.set_weekly_minutes(35 * 60);
  contract.set_gross_monthly_pay_cents(182303);
  *contract.mutable_birth_date() = ToDate(CivilDay(1996, 3, 14));
  contract.set_beneficiary(Contract::JOBSEEKER_FROM_26);
  return contract;
}

Circumstances Usual() {
  Circumstances circumstances;
  circumstances.company.set_legal_category("5710");
  v1::Tutor tutor;
  tutor.set_company("schools/nancy/companies/82409268800012");
  tutor.set_experience_years(2);
  tutor.set_volunteer(true);
  circumstances.tutor = tutor;
  return circumstances;
}

// "ERROR:CODE,WARNING:CODE" in the order of the rules.
std::string Found(const Contract& contract, const Circumstances& circumstances) {
  std::string result;
  for (const v1::Finding& finding : CheckLaw(contract, circumstances)) {
    EXPECT_FALSE(finding.article().empty());
    if (!result.empty()) result += ",";
    result += (finding.severity() == v1::Finding::ERROR ? "ERROR:" : "WARNING:") + finding.code();
  }
  return result;
}

struct LawRow {
  const char* what;
  std::function<void(Contract&, Circumstances&)> change;
  const char* findings;
};
const LawRow kLawRows[] = {
    {"lawful", [](Contract&, Circumstances&) {}, ""},
    {"exactly 6 months",
     [](Contract& c, Circumstances&) { *c.mutable_end_date() = ToDate(CivilDay(2027, 2, 28)); },
     ""},
    {"a day less",
     [](Contract& c, Circumstances&) { *c.mutable_end_date() = ToDate(CivilDay(2027, 2, 27)); },
     "ERROR:ACTION_TOO_SHORT"},
    {"a day more than 12",
     [](Contract& c, Circumstances&) { *c.mutable_end_date() = ToDate(CivilDay(2027, 9, 1)); },
     "ERROR:ACTION_TOO_LONG"},
    {"24 by the branch",
     [](Contract& c, Circumstances&) {
       *c.mutable_end_date() = ToDate(CivilDay(2028, 8, 31));
       c.set_ground(Contract::BRANCH_AGREEMENT);
     },
     ""},
    {"25 by the branch",
     [](Contract& c, Circumstances&) {
       *c.mutable_end_date() = ToDate(CivilDay(2028, 9, 30));
       c.set_ground(Contract::BRANCH_AGREEMENT);
     },
     "ERROR:ACTION_TOO_LONG"},
    {"36 for a priority group",
     [](Contract& c, Circumstances&) {
       *c.mutable_end_date() = ToDate(CivilDay(2029, 8, 31));
       c.set_ground(Contract::PRIORITY_GROUP);
     },
     ""},
    {"no end", [](Contract& c, Circumstances&) { c.clear_end_date(); }, "ERROR:ACTION_END_MISSING"},
    {"open-ended with its action",
     [](Contract& c, Circumstances&) {
       c.clear_end_date();
       *c.mutable_action_end_date() = ToDate(CivilDay(2027, 8, 31));
     },
     ""},
    {"ends before it starts",
     [](Contract& c, Circumstances&) { *c.mutable_end_date() = ToDate(CivilDay(2026, 8, 31)); },
     "ERROR:TERM_BEFORE_START,ERROR:ACTION_TOO_SHORT"},
    {"15 %",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(100000);
       c.set_training_minutes(15000);
     },
     ""},
    {"under 15 %",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(100000);
       c.set_training_minutes(14999);
     },
     "ERROR:TRAINING_SHARE_TOO_LOW"},
    {"25 %",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(100000);
       c.set_training_minutes(25000);
     },
     ""},
    {"over 25 %",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(100000);
       c.set_training_minutes(25001);
     },
     "ERROR:TRAINING_SHARE_TOO_HIGH"},
    {"over 25 % with a ground",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(100000);
       c.set_training_minutes(40000);
       c.set_ground(Contract::BRANCH_AGREEMENT);
     },
     ""},
    {"under 150 hours",
     [](Contract& c, Circumstances&) {
       c.set_working_minutes(50000);
       c.set_training_minutes(150 * 60 - 1);
     },
     "ERROR:TRAINING_UNDER_MINIMUM"},
    {"no working time", [](Contract& c, Circumstances&) { c.set_working_minutes(0); },
     "ERROR:WORKING_TIME_WRONG"},
    {"a cent too little",
     [](Contract& c, Circumstances&) { c.set_gross_monthly_pay_cents(182302); },
     "ERROR:PAY_BELOW_MINIMUM"},
    {"85 % of the branch", [](Contract& c, Circumstances&) { c.set_branch_minimum_cents(250000); },
     "ERROR:PAY_BELOW_MINIMUM"},
    {"no birth date", [](Contract& c, Circumstances&) { c.clear_birth_date(); },
     "ERROR:BIRTH_DATE_MISSING"},
    {"no reason",
     [](Contract& c, Circumstances&) { c.set_beneficiary(Contract::BENEFICIARY_UNSPECIFIED); },
     "ERROR:BENEFICIARY_MISSING"},
    {"too old for under 26",
     [](Contract& c, Circumstances&) { c.set_beneficiary(Contract::UNDER_26); },
     "ERROR:BENEFICIARY_AGE"},
    {"25 as a jobseeker of 26",
     [](Contract& c, Circumstances&) { *c.mutable_birth_date() = ToDate(CivilDay(2000, 9, 2)); },
     "ERROR:BENEFICIARY_AGE"},
    {"26 on the first day",
     [](Contract& c, Circumstances&) { *c.mutable_birth_date() = ToDate(CivilDay(2000, 9, 1)); },
     ""},
    {"no tutor", [](Contract&, Circumstances& o) { o.tutor.reset(); }, "ERROR:TUTOR_MISSING"},
    {"third learner of a tutor", [](Contract&, Circumstances& o) { o.tutees = 2; }, ""},
    {"fourth learner of a tutor", [](Contract&, Circumstances& o) { o.tutees = 3; },
     "ERROR:TUTOR_LOAD"},
    {"third of the employer in person",
     [](Contract&, Circumstances& o) {
       o.tutees = 2;
       o.tutor->set_employer(true);
     },
     "ERROR:TUTOR_LOAD"},
    {"one year of experience",
     [](Contract&, Circumstances& o) { o.tutor->set_experience_years(1); },
     "ERROR:TUTOR_EXPERIENCE"},
    {"not asked", [](Contract&, Circumstances& o) { o.tutor->set_volunteer(false); },
     "ERROR:TUTOR_NOT_VOLUNTEER"},
    {"of another company",
     [](Contract&, Circumstances& o) { o.tutor->set_company("schools/nancy/companies/x"); },
     "ERROR:TUTOR_OF_ANOTHER_COMPANY"},
    {"a public hospital", [](Contract&, Circumstances& o) { o.company.set_legal_category("7364"); },
     "WARNING:PUBLIC_EMPLOYER"},
    {"category unknown", [](Contract&, Circumstances& o) { o.company.clear_legal_category(); },
     "WARNING:LEGAL_CATEGORY_UNKNOWN"},
    {"before every table",
     [](Contract& c, Circumstances&) { *c.mutable_start_date() = ToDate(CivilDay(2018, 9, 1)); },
     "ERROR:RULES_UNKNOWN"},
    {"fixed term without end",
     [](Contract& c, Circumstances&) {
       c.set_kind(v1::FIXED_TERM);
       c.clear_end_date();
     },
     "ERROR:TERM_MISSING"},
    {"open-ended with end", [](Contract& c, Circumstances&) { c.set_kind(v1::OPEN_ENDED); },
     "ERROR:TERM_OF_OPEN_ENDED"},
};

TEST(CheckLawTest, EachRuleOnItsOwn) {
  for (const LawRow& row : kLawRows) {
    Contract contract = Lawful();
    Circumstances circumstances = Usual();
    row.change(contract, circumstances);
    EXPECT_EQ(Found(contract, circumstances), row.findings) << row.what;
  }
}

TEST(PayTest, FollowsAgeLevelAndWorkingTime) {
  struct Row {
    CivilDay birth, start, day;
    bool level_4;
    int64_t branch;
    int weekly;
    int64_t cents;
  };
  const CivilDay start(2026, 9, 1);
  const Row rows[] = {
      {CivilDay(2007, 1, 20), start, start, false, 0, 2100, 100267},  // 55 %
      {CivilDay(2007, 1, 20), start, start, true, 0, 2100, 118497},   // 65 %
      {CivilDay(2005, 1, 20), start, start, false, 0, 2100, 127613},  // 70 %
      {CivilDay(2005, 10, 15), start, CivilDay(2026, 10, 31), false, 0, 2100,
       100267},  // 21, but not before November
      {CivilDay(2005, 10, 15), start, CivilDay(2026, 11, 1), false, 0, 2100, 127613},
      {CivilDay(2003, 1, 1), start, start, true, 0, 2100, 145843},  // 80 %
      {CivilDay(2000, 9, 2), start, CivilDay(2027, 1, 1), true, 0, 2100,
       145843},  // 26 during the contract changes nothing
      {CivilDay(1990, 1, 1), start, start, false, 0, 2100, 182303},
      {CivilDay(1990, 1, 1), start, start, false, 250000, 2100, 212500},
      {CivilDay(1990, 1, 1), start, start, false, 0, 1050, 91152},  // half time, rounded up
      {CivilDay(1990, 1, 1), CivilDay(2024, 10, 31), CivilDay(2024, 10, 31), false, 0, 2100,
       176692},
      {CivilDay(1990, 1, 1), CivilDay(2024, 11, 1), CivilDay(2024, 11, 1), false, 0, 2100, 180180},
  };
  for (const Row& row : rows) {
    Contract contract = Lawful();
    *contract.mutable_start_date() = ToDate(row.start);
    contract.set_vocational_level_4(row.level_4);
    contract.set_branch_minimum_cents(row.branch);
    contract.set_weekly_minutes(row.weekly);
    EXPECT_EQ(LowestPayCents(contract, row.birth, row.day).value_or(-1), row.cents)
        << row.birth << " on " << row.day;
  }
  EXPECT_FALSE(LowestPayCents(Lawful(), CivilDay(1990, 1, 1), CivilDay(2018, 12, 31)).has_value());
}

TEST(PayTest, WarnsOfTheRiseAt21) {
  Contract contract = Lawful();
  *contract.mutable_birth_date() = ToDate(CivilDay(2005, 10, 15));
  contract.set_beneficiary(Contract::UNDER_26);
  contract.set_gross_monthly_pay_cents(100267);
  EXPECT_EQ(Found(contract, Usual()), "WARNING:PAY_RISES_AT_21");
  contract.set_gross_monthly_pay_cents(127613);
  EXPECT_EQ(Found(contract, Usual()), "");
}

TEST(AddMonthsTest, StaysInTheMonth) {
  EXPECT_EQ(AddMonths(CivilDay(2026, 8, 31), 6), CivilDay(2027, 2, 28));
  EXPECT_EQ(AddMonths(CivilDay(2027, 8, 31), 6), CivilDay(2028, 2, 29));
  EXPECT_EQ(AddMonths(CivilDay(2026, 9, 1), 12), CivilDay(2027, 9, 1));
}

TEST(DeadlinesTest, DependOnTheKindAndTheReceipt) {
  struct Row {
    v1::ContractKind kind;
    CivilDay sent_by;
    const char* silence;
  };
  // 1 September 2026 is a Tuesday: five working days later is Monday the 7th.
  const Row rows[] = {{v1::PROFESSIONALISATION, CivilDay(2026, 9, 6), "accepted and deposited"},
                      {v1::APPRENTICESHIP, CivilDay(2026, 9, 7), "refused"}};
  for (const Row& row : rows) {
    Contract contract = Lawful();
    contract.set_kind(row.kind);
    ASSERT_EQ(DeadlinesOf(contract).size(), 1u);
    EXPECT_EQ(ToCivil(DeadlinesOf(contract)[0].date()), row.sent_by);
    *contract.mutable_file_receipt_date() = ToDate(CivilDay(2026, 9, 4));
    ASSERT_EQ(DeadlinesOf(contract).size(), 2u);
    EXPECT_EQ(ToCivil(DeadlinesOf(contract)[1].date()), CivilDay(2026, 9, 24));
    EXPECT_EQ(DeadlinesOf(contract)[1].silence(), row.silence);
  }
  Contract open_ended = Lawful();
  open_ended.set_kind(v1::OPEN_ENDED);
  EXPECT_TRUE(DeadlinesOf(open_ended).empty());
}

}  // namespace
}  // namespace vivier::partners
