#include "tests/tidy/not_yet.h"

namespace vivier::tidy {
namespace {

const NotYet kNotYet[] = {
    {"LinesAreShort", "shared/rules/reader_test.cc", "is wrapped"},
    {"LinesAreShort", "shared/rules/table.h", "is wrapped"},
    {"FunctionsFitAScreen",
     "services/curriculum/rules_test.cc:TEST(ShortcomingsTest, NamesEachFieldThatIsMissingOrWrong)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "services/enrolment/admission/rules_test.cc:TEST(Admit, FollowsTheTable)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen", "services/funding/rules_test.cc:TEST(Ineligibility, NamesRuleAndFact)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "services/partners/contract_law_test.cc:TEST(CheckLawTest, EachRuleOnItsOwn)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen", "services/policy/roles.cc:RoleGrants",
     "its table moves out of the function"},
    {"FunctionsFitAScreen", "services/statistics/tables.cc:Declare",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "shared/rules/decide_test.cc:TEST(MatchesTest, EachConditionOfEachType)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "shared/security/roles_test.cc:TEST(RolesTest, AllowsByRoleSchoolAndKind)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen", "tests/invariants/invariants_test.cc:Breaks",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "tests/journey/alerts_medium_test.cc:TEST_F(Alerts, EachIsRaisedByWhatItIsFor)",
     "its table moves out of the function"},
    {"FunctionsFitAScreen",
     "tests/rpc/wrong_state_test.cc:TEST_P(WrongStateTest, IsRefusedAndNothingChanges)",
     "its table moves out of the function"},
    {"ClassesAreSmall", "services/funding/funders_view.h:FundersView",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "services/funding/funding.h:Funding",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "services/partners/partners.h:Partners",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "services/statistics/statistics.h:Statistics",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "shared/rpc/adapter.h:Adapter",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "shared/service/service.h:Service",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "shared/site/site.cc:RunningSite",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "shared/storage/engines/driver.h:CheckedConnection",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "shared/storage/engines/postgres.cc:PostgresConnection",
     "becomes parts of at most twenty functions"},
    {"ClassesAreSmall", "tests/journey/school_processes.h:SchoolProcesses",
     "becomes parts of at most twenty functions"},
    {"FoldersAreSmall", "shared/command", "becomes parts of at most fifteen units"},
    {"FoldersAreSmall", "shared/transport", "becomes parts of at most fifteen units"},
    {"FoldersAreSmall", "tests/identity", "becomes parts of at most fifteen units"},
    {"FoldersHaveAnOrder", "services/enrolment/admission/admission.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/admission/reactions.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/admission/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/admission/seats.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/cohorts/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/learners/learners.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/learners/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/links/links.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/links/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/outcomes/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/people/erasure.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/people/people.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/presence/presence.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/presence/rules.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/selection/eligibility.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/selection/imports.cc",
     "what its part needs moves below the parts"},
    {"FoldersHaveAnOrder", "services/enrolment/selection/selection.cc",
     "what its part needs moves below the parts"},
    {"PureIsPure", "services/enrolment/selection/imports.h",
     "is to promise less or to include less"},
    {"PureIsPure", "shared/rules/decide.h", "is to promise less or to include less"},
    {"PureIsPure", "shared/rules/mutants.h", "is to promise less or to include less"},
};

}  // namespace

absl::Span<const NotYet> NotYetList() { return kNotYet; }

Findings Unexcused(const Findings& findings, absl::Span<const NotYet> list) {
  const auto excuses = [](const NotYet& line, const Finding& finding) {
    return finding.rule == line.rule && finding.where == line.where;
  };
  Findings left;
  for (const Finding& finding : findings) {
    bool excused = false;
    for (const NotYet& line : list) excused = excused || excuses(line, finding);
    if (!excused) left.push_back(finding);
  }
  for (const NotYet& line : list) {
    bool needed = false;
    for (const Finding& finding : findings) needed = needed || excuses(line, finding);
    if (!needed) left.push_back({line.rule, line.where, "is kept now: take its line away"});
  }
  return left;
}

}  // namespace vivier::tidy
