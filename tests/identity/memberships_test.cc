// What a principal of a foreign issuer may do follows from the school's memberships alone, at every
// service: at once in access, which keeps them, and as soon as its log is followed elsewhere. On
// both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;
using access::v1::Membership;
using security::v1::RoleAssignment;

pb::Timestamp At(absl::Time time) {
  pb::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

RoleAssignment Role(const std::string& name) {
  RoleAssignment role;
  role.set_role(name);
  return role;
}

class MembershipsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  MembershipsTest() : world_(GetParam(), &TrustForeignIssuer) {}

  absl::Status As(const std::string& person, const pb::Message& request) {
    return world_
        .CallRaw(*rpc::MethodTaking(*request.GetDescriptor()), request.SerializeAsString(),
                 ForeignToken(person, world_.now()))
        .status();
  }

  absl::Status ListsCohorts(const std::string& person, const std::string& school = "nancy") {
    enrolment::v1::ListCohortsRequest request;
    request.set_parent("schools/" + school);
    return As(person, request);
  }

  absl::Status ListsProgrammes(const std::string& person) {
    curriculum::v1::ListProgrammesRequest request;
    request.set_parent("schools/nancy");
    return As(person, request);
  }

  absl::StatusOr<Membership> Give(const std::string& person, std::vector<RoleAssignment> roles) {
    access::v1::CreateMembershipRequest request;
    request.set_parent("schools/nancy");
    request.set_membership_id(person);
    request.mutable_membership()->set_subject(ForeignSubject(person));
    request.mutable_membership()->set_display_name("Zoe Martin");
    for (RoleAssignment& role : roles) *request.mutable_membership()->add_roles() = std::move(role);
    return Followed(world_.Write<Membership>(request));
  }

  absl::StatusOr<Membership> Change(Membership membership, std::vector<RoleAssignment> roles) {
    access::v1::UpdateMembershipRequest request;
    membership.clear_roles();
    for (RoleAssignment& role : roles) *membership.add_roles() = std::move(role);
    *request.mutable_membership() = membership;
    request.mutable_update_mask()->add_paths("roles");
    return Followed(world_.Write<Membership>(request));
  }

  // The answer, once every service knows of it.
  absl::StatusOr<Membership> Followed(absl::StatusOr<Membership> stored) {
    world_.Settle();
    return stored;
  }

  World world_;
};

TEST_P(MembershipsTest, NobodyIsLetInWithoutOne) {
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe"))) << ListsCohorts("zoe");
  EXPECT_TRUE(absl::IsPermissionDenied(ListsProgrammes("zoe")));
}

TEST_P(MembershipsTest, ARoleHoldsAtEveryServiceOfTheSchoolAndNowhereElse) {
  ASSERT_TRUE(Give("zoe", {Role("trainer")}).ok());
  EXPECT_TRUE(ListsCohorts("zoe").ok()) << ListsCohorts("zoe");
  EXPECT_TRUE(ListsProgrammes("zoe").ok()) << ListsProgrammes("zoe");
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe", "metz")));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("adam")));
  enrolment::v1::GetCandidateRequest beyond;  // a trainer reads no candidate's file
  beyond.set_name("schools/nancy/candidates/c-1");
  EXPECT_TRUE(absl::IsPermissionDenied(As("zoe", beyond)));
  world_.ExpectInvariants();
}

TEST_P(MembershipsTest, WhatIsTakenIsNeverGrantedAgain) {
  const auto given = Give("zoe", {Role("trainer"), Role("assessor")});
  ASSERT_TRUE(given.ok()) << given.status();
  ASSERT_TRUE(ListsProgrammes("zoe").ok());
  ASSERT_TRUE(Change(*given, {}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe")));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsProgrammes("zoe")));
  world_.Restart();
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe")));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsProgrammes("zoe")));
}

TEST_P(MembershipsTest, ARoleHoldsFromItsStartUntilItsEnd) {
  RoleAssignment substitute = Role("trainer");
  *substitute.mutable_start_time() = At(world_.now() + absl::Hours(24));
  *substitute.mutable_end_time() = At(world_.now() + absl::Hours(28));
  ASSERT_TRUE(Give("zoe", {substitute}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe")));
  world_.Advance(absl::Hours(24));
  EXPECT_TRUE(ListsCohorts("zoe").ok());
  EXPECT_TRUE(ListsProgrammes("zoe").ok());
  world_.Advance(absl::Hours(4));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("zoe")));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsProgrammes("zoe")));
}

TEST_P(MembershipsTest, ARoleForOneCohortReachesWhatIsBelowItAndNothingElse) {
  RoleAssignment role = Role("trainer");
  role.set_scope("schools/nancy/cohorts/ai-1");
  ASSERT_TRUE(Give("zoe", {role}).ok());
  enrolment::v1::GetCohortRequest cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  EXPECT_TRUE(absl::IsNotFound(As("zoe", cohort)))
      << As("zoe", cohort);  // let in, where there is none
  enrolment::v1::ListLearnersRequest learners;
  learners.set_parent("schools/nancy/cohorts/ai-1");
  EXPECT_TRUE(As("zoe", learners).ok()) << As("zoe", learners);
  learners.set_parent("schools/nancy/cohorts/ai-2");
  EXPECT_TRUE(absl::IsPermissionDenied(As("zoe", learners)));
  cohort.set_name("schools/nancy/cohorts/ai-10");
  EXPECT_TRUE(absl::IsPermissionDenied(As("zoe", cohort)));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsProgrammes("zoe")));
  site::v1::ExplainAccessRequest why;
  why.set_name("schools/nancy/cohorts/ai-2");
  why.set_subject(ForeignSubject("zoe"));
  why.set_method("vivier.enrolment.v1.LearnerService.ListLearners");
  const auto no = world_.Call<site::v1::ExplainAccessResponse>(why);
  ASSERT_TRUE(no.ok()) << no.status();
  EXPECT_FALSE(no->allowed());
  ASSERT_EQ(no->roles_size(), 1);
  EXPECT_EQ(no->roles(0),
            "trainer for schools/nancy/cohorts/ai-1: does not reach schools/nancy/cohorts/ai-2");
}

TEST_P(MembershipsTest, APartnerActsForItsCompanyOnly) {
  for (const char* siret : {"13002526500013", "55208131766522"}) {
    partners::v1::CreateCompanyRequest request;
    request.set_parent("schools/nancy");
    request.set_company_id(siret);
    request.mutable_company()->set_title("A company");
    const auto made = world_.Write<partners::v1::Company>(request);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  RoleAssignment partner = Role("partner");
  partner.set_company("schools/nancy/companies/13002526500013");
  ASSERT_TRUE(Give("portal", {partner}).ok());
  partners::v1::GetCompanyRequest get;
  get.set_name("schools/nancy/companies/13002526500013");
  EXPECT_TRUE(As("portal", get).ok()) << As("portal", get);
  get.set_name("schools/nancy/companies/55208131766522");
  const absl::Status others = As("portal", get);
  get.set_name("schools/nancy/companies/73282932000074");
  const absl::Status nobodys = As("portal", get);
  EXPECT_FALSE(others.ok());
  EXPECT_EQ(others.code(), nobodys.code());
  EXPECT_EQ(ReasonOf(others), ReasonOf(nobodys));
  EXPECT_TRUE(absl::IsPermissionDenied(ListsCohorts("portal")));
}

TEST_P(MembershipsTest, RefusesRolesThatCannotBe) {
  RoleAssignment companyless = Role("partner"), of_company = Role("trainer"),
                 backwards = Role("trainer");
  of_company.set_company("schools/nancy/companies/acme");
  *backwards.mutable_start_time() = At(world_.now());
  *backwards.mutable_end_time() = At(world_.now());
  RoleAssignment partner = companyless;
  partner.set_company("schools/nancy/companies/acme");
  RoleAssignment funder = Role("funder"), of_funder = Role("trainer"), elsewhere = Role("funder");
  of_funder.set_funder("schools/nancy/funders/region");
  elsewhere.set_funder("schools/metz/funders/region");
  funder.set_funder("schools/nancy/funders/region");
  RoleAssignment both = partner, scoped = funder;
  both.set_funder("schools/nancy/funders/region");
  scoped.set_scope("schools/nancy/cohorts/ai-1");
  const std::vector<std::vector<RoleAssignment>> wrong = {{Role("king")},
                                                          {Role("service")},
                                                          {companyless},
                                                          {of_company},
                                                          {backwards},
                                                          {partner, Role("trainer")},
                                                          {partner, partner},
                                                          {Role("funder")},
                                                          {of_funder},
                                                          {elsewhere},
                                                          {both},
                                                          {scoped},
                                                          {funder, Role("trainer")},
                                                          {funder, partner}};
  for (const std::vector<RoleAssignment>& roles : wrong) {
    const absl::Status refused = Give("zoe", roles).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD") << roles[0].DebugString();
  }
  ASSERT_TRUE(Give("zoe", {}).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Give("zoe", {}).status()));
}

TEST_P(MembershipsTest, TheDirectorAloneGivesThem) {
  ASSERT_TRUE(Give("zoe", {Role("school_director")}).ok());
  ASSERT_TRUE(Give("adam", {Role("admissions_officer")}).ok());
  access::v1::CreateMembershipRequest request;
  request.set_parent("schools/nancy");
  request.set_membership_id("eve");
  request.mutable_membership()->set_subject(ForeignSubject("eve"));
  request.set_request_id(world_.NewRequestId());
  EXPECT_TRUE(absl::IsPermissionDenied(As("adam", request)));
  EXPECT_TRUE(As("zoe", request).ok()) << As("zoe", request);
}

TEST_P(MembershipsTest, AChangeHoldsAtOnceWhereItIsKept) {
  access::v1::CreateMembershipRequest make;
  make.set_parent("schools/nancy");
  make.set_membership_id("zoe");
  make.mutable_membership()->set_subject(ForeignSubject("zoe"));
  *make.mutable_membership()->add_roles() = Role("school_director");
  absl::StatusOr<Membership> zoe = world_.Write<Membership>(make);
  ASSERT_TRUE(zoe.ok()) << zoe.status();
  access::v1::GetMembershipRequest get;
  get.set_name(zoe->name());
  EXPECT_TRUE(As("zoe", get).ok()) << As("zoe", get);
  access::v1::UpdateMembershipRequest end;
  *end.mutable_membership() = *zoe;
  end.mutable_membership()->clear_roles();
  end.mutable_update_mask()->add_paths("roles");
  ASSERT_TRUE(world_.Write<Membership>(end).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(As("zoe", get))) << As("zoe", get);
}

TEST_P(MembershipsTest, AccessIsExplained) {
  RoleAssignment over = Role("school_director");
  *over.mutable_end_time() = At(world_.now() - absl::Hours(1));
  ASSERT_TRUE(Give("zoe", {Role("trainer"), over}).ok());
  site::v1::ExplainAccessRequest request;
  request.set_name("schools/nancy/candidates/c-1");
  request.set_subject(ForeignSubject("zoe"));
  request.set_method("vivier.enrolment.v1.PeopleService.GetCandidate");
  const auto no = world_.Call<site::v1::ExplainAccessResponse>(request);
  ASSERT_TRUE(no.ok()) << no.status();
  EXPECT_FALSE(no->allowed());
  EXPECT_EQ(no->permission(), "candidates.get");
  ASSERT_EQ(no->roles_size(), 2);
  EXPECT_EQ(no->roles(0), "trainer: does not give candidates.get");
  EXPECT_NE(no->roles(1).find("does not hold now"), std::string::npos) << no->roles(1);
  request.set_method("vivier.enrolment.v1.CohortService.GetCohort");
  const auto yes = world_.Call<site::v1::ExplainAccessResponse>(request);
  ASSERT_TRUE(yes.ok()) << yes.status();
  EXPECT_TRUE(yes->allowed());
  request.set_method("vivier.enrolment.v1.SchoolService.GetSchool");
  request.set_subject(ForeignSubject("nobody"));
  const auto anybody = world_.Call<site::v1::ExplainAccessResponse>(request);
  ASSERT_TRUE(anybody.ok()) << anybody.status();
  EXPECT_TRUE(anybody->allowed());
  EXPECT_EQ(anybody->roles(0), "public: gives schools.get");
  request.set_method("vivier.enrolment.v1.CohortService.NoSuchRpc");
  EXPECT_EQ(ReasonOf(world_.Call<site::v1::ExplainAccessResponse>(request).status()),
            "INVALID_FIELD");
}

INSTANTIATE_TEST_SUITE_P(Engines, MembershipsTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
