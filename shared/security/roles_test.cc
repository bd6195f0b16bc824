#include "shared/security/roles.h"

#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace vivier::security {
namespace {

using Kind = Caller::Kind;

struct Asking {
  Kind kind;
  std::string subject, role, school_of_caller, permission, school;
  bool allowed;
};

const Asking kAskings[] = {
    {Kind::kPerson, "p/1", "school_director", "nancy", "applications.admit", "nancy", true},
    {Kind::kPerson, "p/1", "school_director", "nancy", "applications.admit", "metz", false},
    {Kind::kPerson, "p/1", "school_director", "nancy", "applications.admit", "", false},
    {Kind::kPerson, "p/1", "school_director", "nancy", "", "nancy", false},
    {Kind::kPerson, "p/1", "school_director", "*", "applications.admit", "metz", true},
    {Kind::kPerson, "p/1", "school_director", "*", "applications.admit", "*", false},
    {Kind::kPerson, "p/1", "admissions_officer", "nancy", "applications.admit", "nancy", true},
    {Kind::kPerson, "p/1", "admissions_officer", "nancy", "fundingAgreements.amend", "nancy",
     false},
    {Kind::kPerson, "p/1", "finance_officer", "nancy", "fundingAgreements.amend", "nancy", true},
    {Kind::kPerson, "p/1", "finance_officer", "nancy", "applications.admit", "nancy", false},
    {Kind::kPerson, "p/1", "trainer", "nancy", "applications.get", "nancy", false},
    {Kind::kPerson, "p/1", "candidate", "nancy", "cohorts.list", "nancy", true},
    {Kind::kPerson, "p/1", "candidate", "nancy", "applications.get", "nancy", false},
    {Kind::kPerson, "p/1", "network_coordinator", "*", "indicators.compute", "", true},
    {Kind::kPerson, "p/1", "network_coordinator", "*", "learners.get", "nancy", false},
    {Kind::kPerson, "p/1", "network_coordinator", "*", "indicators.computeOwn", "nancy", false},
    {Kind::kPerson, "p/1", "funder", "nancy", "indicators.computeOwn", "nancy", false},
    {Kind::kPerson, "p/1", "funder", "nancy", "invoices.get", "nancy", false},
    {Kind::kPartner, "p/1", "funder", "nancy", "invoices.get", "nancy", true},
    {Kind::kPartner, "p/1", "funder", "nancy", "invoices.get", "metz", false},
    {Kind::kPartner, "p/1", "funder", "nancy", "invoices.issue", "nancy", false},
    {Kind::kPartner, "p/1", "funder", "nancy", "reservations.get", "nancy", false},
    {Kind::kPartner, "p/1", "funder", "nancy", "indicators.computeOwn", "nancy", false},
    {Kind::kPerson, "p/1", "secret:member", "grand-est", "submissions.submit", "grand-est", true},
    {Kind::kPerson, "p/1", "secret:member", "grand-est", "submissions.get", "grand-est", false},
    {Kind::kPerson, "p/1", "auditor", "nancy", "candidates.get", "nancy", false},
    {Kind::kPerson, "p/1", "auditor", "nancy", "journalEntries.list", "nancy", true},
    {Kind::kPerson, "p/1", "operator", "nancy", "candidates.get", "nancy", false},
    {Kind::kPerson, "p/1", "nobody", "nancy", "cohorts.get", "nancy", false},
    {Kind::kPerson, "p/1", "", "nancy", "cohorts.get", "nancy", false},
    // A role of another kind of caller gives nothing.
    {Kind::kPartner, "c/1", "partner", "nancy", "jobOffers.create", "nancy", true},
    {Kind::kPartner, "c/1", "partner", "nancy", "candidates.get", "nancy", false},
    {Kind::kPartner, "c/1", "school_director", "nancy", "cohorts.get", "nancy", false},
    {Kind::kPerson, "p/1", "partner", "nancy", "jobOffers.create", "nancy", false},
    {Kind::kPerson, "p/1", "permission:cohorts.get", "nancy", "cohorts.get", "nancy", true},
    {Kind::kPerson, "p/1", "permission:cohorts.get", "nancy", "cohorts.get", "metz", false},
    {Kind::kPerson, "p/1", "permission:cohorts.*", "nancy", "cohorts.get", "nancy", false},
    {Kind::kPartner, "c/1", "permission:cohorts.get", "nancy", "cohorts.get", "nancy", false},
    {Kind::kService, "spiffe://n/school/nancy/service/other", "permission:cohorts.get", "nancy",
     "cohorts.get", "nancy", false},
    {Kind::kPerson, "spiffe://n/service/funding", "service", "nancy", "events.follow", "nancy",
     false},
    {Kind::kService, "spiffe://n/school/nancy/service/funding", "service", "nancy", "events.follow",
     "nancy", true},
    {Kind::kService, "spiffe://n/school/nancy/service/funding", "service", "nancy", "events.follow",
     "metz", false},
    {Kind::kService, "spiffe://n/school/nancy/service/funding", "service", "nancy",
     "candidates.get", "nancy", false},
    {Kind::kService, "spiffe://n/school/nancy/service/funding", "school_director", "nancy",
     "cohorts.get", "nancy", false},
    {Kind::kService, "spiffe://n/school/nancy/service/other", "service", "nancy", "events.follow",
     "nancy", false},
    {Kind::kService, "funding", "service", "nancy", "events.follow", "nancy", false},
    {Kind::kService, "x/funding", "service", "nancy", "events.follow", "nancy", false},
    {Kind::kService, "spiffe://n/school/nancy/service/statistics", "service", "*",
     "submissions.compute", "nancy", true},
};

TEST(RolesTest, AllowsByRoleSchoolAndKind) {
  for (const Asking& row : kAskings) {
    Caller caller;
    caller.kind = row.kind;
    caller.subject = row.subject;
    caller.roles = {row.role};
    caller.schools = {row.school_of_caller};
    EXPECT_EQ(Allows(caller, row.permission, row.school), row.allowed)
        << row.subject << " " << row.role << " " << row.permission << " " << row.school;
  }
}

TEST(RolesTest, ACallerWithoutRolesOrSchoolsMayNothing) {
  Caller caller;
  caller.schools = {"nancy"};
  EXPECT_FALSE(Allows(caller, "cohorts.get", "nancy"));
  caller.roles = {"school_director"};
  EXPECT_TRUE(Allows(caller, "cohorts.get", "nancy"));
  caller.schools = {};
  EXPECT_FALSE(Allows(caller, "cohorts.get", "nancy"));
}

TEST(RolesTest, APatternCoversItsResourceOnly) {
  EXPECT_TRUE(Covers("*", "cohorts.get"));
  EXPECT_TRUE(Covers("cohorts.*", "cohorts.get"));
  EXPECT_TRUE(Covers("cohorts.get", "cohorts.get"));
  EXPECT_FALSE(Covers("cohorts.*", "cohortsArchive.get"));
  EXPECT_FALSE(Covers("cohorts.*", "cohorts."));
  EXPECT_FALSE(Covers("cohorts.*", "cohorts"));
  EXPECT_FALSE(Covers("cohorts.get", "cohorts.getAll"));
}

TEST(RolesTest, EveryRowIsWellFormed) {
  for (const auto grants : {RoleGrants(), ServiceGrants()}) {
    std::set<std::string> holders;
    for (const Grant& grant : grants) {
      EXPECT_TRUE(holders.insert(std::string(grant.holder)).second) << grant.holder << " twice";
      std::set<std::string> seen;
      for (absl::string_view permission : grant.permissions) {
        EXPECT_TRUE(seen.insert(std::string(permission)).second)
            << grant.holder << ": " << permission << " twice";
        const std::vector<std::string> parts = absl::StrSplit(permission, '.');
        EXPECT_TRUE(permission == "*" ||
                    (parts.size() == 2 && !parts[0].empty() && !parts[1].empty()))
            << permission;
      }
    }
  }
  EXPECT_TRUE(IsRole("service"));
  EXPECT_TRUE(IsRole("auditor"));
  EXPECT_FALSE(IsRole("Auditor"));
}

TEST(RolesTest, OnlyTheDirectorMayEverything) {
  for (const Grant& grant : RoleGrants()) {
    for (absl::string_view permission : grant.permissions)
      EXPECT_EQ(permission == "*", grant.holder == "school_director") << grant.holder;
  }
  for (const Grant& grant : ServiceGrants()) {
    for (absl::string_view permission : grant.permissions)
      EXPECT_NE(permission, "*") << grant.holder;
  }
}

TEST(RolesTest, TellsByWhatACallerIsLetIn) {
  const std::string service = "spiffe://n/school/nancy/service/partners";
  const struct {
    Kind kind;
    std::string subject;
    std::vector<std::string> roles, by;
  } rows[] = {
      {Kind::kPerson, "p/1", {"trainer", "finance_officer", "assessor"}, {"trainer", "assessor"}},
      {Kind::kPerson, "p/1", {"roles/own", "permission:learners.get"}, {kOwnRole}},
      {Kind::kPerson, "p/1", {"permission:learners.list", "identified"}, {}},
      {Kind::kPartner, "p/1", {"partner"}, {}},
      {Kind::kService, service, {"service"}, {"service:partners"}},
      {Kind::kService, "spiffe://n/school/nancy/service/funding", {"service"}, {}},
  };
  for (const auto& row : rows) {
    const Caller caller{row.subject, row.kind, row.roles, {"nancy"}, ""};
    EXPECT_EQ(LetInBy(caller, "learners.get"), row.by) << row.roles.front();
    for (const std::string& holder : row.by)
      EXPECT_EQ(absl::c_linear_search(HoldersOf("learners.get"), holder), holder != kOwnRole);
  }
}

}  // namespace
}  // namespace vivier::security
