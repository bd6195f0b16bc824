// More than a thousand of what else a handler once loaded whole: proposals of a job offer, holders
// of a role, links of a person. On both engines.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/access.h"
#include "services/enrolment/enrolment.h"
#include "services/partners/hirings/withdrawals.h"
#include "services/partners/partners.h"
#include "shared/base/error.h"
#include "tests/support/engines.h"
#include "tests/walls/one_service.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::testing {
namespace {

constexpr int kMany = 1300;

class OthersTest : public ::testing::TestWithParam<storage::Engine> {};

TEST_P(OthersTest, ClosingAnOfferWithdrawsItsProposalsInSteps) {
  partners::Partners partners;
  OneService service(GetParam(), partners.Rpc());
  service.Execute(
      "INSERT INTO job_offers (school, name, version, company, title, description, rome_code, "
      "positions, contract_kind, state) VALUES ('nancy', 'schools/nancy/jobOffers/o', 1, "
      "'schools/nancy/companies/c', 'Dev', '', 'M1805', 2, 'FIXED_TERM', 'PUBLISHED')");
  service.Execute(
      "INSERT INTO position_counts (school, name, version, positions, taken) VALUES ('nancy', "
      "'schools/nancy/positionCounts/o', 1, 2, 0)");
  service.Fill("learners_put_forward (school, name, version, learner, cohort, state)",
               "'nancy', 'schools/nancy/learnersPutForward/ai-1.l-' || i, 1, "
               "'schools/nancy/cohorts/ai-1/learners/l-' || i, 'schools/nancy/cohorts/ai-1', "
               "'AVAILABLE'",
               1, kMany);
  service.Fill("hirings (school, name, version, learner, cohort, job_offer, company, state)",
               "'nancy', 'schools/nancy/hirings/h-' || i, 1, "
               "'schools/nancy/cohorts/ai-1/learners/l-' || i, 'schools/nancy/cohorts/ai-1', "
               "'schools/nancy/jobOffers/o', 'schools/nancy/companies/c', 'PROPOSED'",
               1, kMany);
  partners::v1::CloseJobOfferRequest close;
  close.set_name("schools/nancy/jobOffers/o");
  ASSERT_EQ(service.Ask<partners::v1::JobOffer>(close).status(), absl::OkStatus());
  const std::string withdrawn = "SELECT COUNT(*) FROM hirings WHERE state = 'WITHDRAWN'";
  constexpr int kStep = partners::Withdrawals::kStepRows;
  EXPECT_EQ(service.Number(withdrawn), kStep);
  // Who still is proposed cannot be accepted any more.
  partners::v1::AcceptHiringRequest accept;
  accept.set_name("schools/nancy/hirings/h-999");
  EXPECT_EQ(ReasonOf(service.Ask<partners::v1::Hiring>(accept).status()), "JOB_OFFER_STATE");
  EXPECT_EQ(service.RunTicks(), (kMany - 1) / kStep);
  EXPECT_EQ(service.Number(withdrawn), kMany);
  EXPECT_EQ(service.Number("SELECT COUNT(*) FROM proposal_sweeps"), 0);
}

TEST_P(OthersTest, ARoleOfManyIsChangedForAllAndNotDeleted) {
  access::Access access;
  OneService service(GetParam(), access.Rpc());
  service.caller.roles = {"school_director"};
  access::v1::CreateRoleRequest create;
  create.set_parent("schools/nancy");
  create.set_role_id("night");
  create.mutable_role()->set_title("Night");
  create.mutable_role()->add_permissions("cohorts.get");
  ASSERT_EQ(service.Ask<access::v1::Role>(create).status(), absl::OkStatus());
  // A longer name that has the role's in it is another role.
  service.Fill("memberships (school, name, version, subject, roles, create_time)",
               "'nancy', 'schools/nancy/memberships/m-' || i, 1, 's-' || i, "
               "CASE WHEN i = 1 THEN '[{\"role\":\"schools/nancy/roles/night-2\"}]' "
               "ELSE '[{\"role\":\"schools/nancy/roles/night\"}]' END, 1",
               1, kMany);
  service.Fill("membership_roles (school, role, name)",
               "'nancy', CASE WHEN i = 1 THEN 'schools/nancy/roles/night-2' ELSE "
               "'schools/nancy/roles/night' END, 'schools/nancy/memberships/m-' || i",
               1, kMany);
  access::v1::UpdateRoleRequest update;
  update.mutable_role()->set_name("schools/nancy/roles/night");
  update.mutable_role()->add_permissions("cohorts.list");
  update.mutable_update_mask()->add_paths("permissions");
  ASSERT_EQ(service.Ask<access::v1::Role>(update).status(), absl::OkStatus());
  EXPECT_EQ(service.Number("SELECT COUNT(*) FROM rights WHERE permissions = 'cohorts.list'"),
            kMany - 1);
  access::v1::DeleteRoleRequest remove;
  remove.set_name("schools/nancy/roles/night");
  EXPECT_EQ(ReasonOf(service.Ask<google::protobuf::Empty>(remove).status()), "ROLE_IN_USE");
  for (const char* table : {"memberships", "membership_roles"})
    service.Execute(
        absl::StrCat("DELETE FROM ", table, " WHERE name <> 'schools/nancy/memberships/m-1'"));
  EXPECT_EQ(service.Ask<google::protobuf::Empty>(remove).status(), absl::OkStatus());
}

// What deleting a role that nobody holds reads where so many members hold another.
int64_t WorkOfDeletingARole(storage::Engine engine, int members) {
  access::Access access;
  OneService service(engine, access.Rpc());
  service.Execute(
      "INSERT INTO roles (school, name, version, title) VALUES ('nancy', "
      "'schools/nancy/roles/idle', 1, 'Idle')");
  service.Fill("memberships (school, name, version, subject, roles, create_time)",
               "'nancy', 'schools/nancy/memberships/m-' || i, 1, 's-' || i, "
               "'[{\"role\":\"trainer\"}]', 1",
               1, members);
  service.Fill("membership_roles (school, role, name)",
               "'nancy', 'trainer', 'schools/nancy/memberships/m-' || i", 1, members);
  service.Execute("ANALYZE");
  access::v1::DeleteRoleRequest remove;
  remove.set_name("schools/nancy/roles/idle");
  EXPECT_EQ(service.Ask<google::protobuf::Empty>(remove).status(), absl::OkStatus());
  return service.WorkOfLastCall();
}

TEST_P(OthersTest, DeletingARoleReadsNoMembers) {
  const int64_t work = WorkOfDeletingARole(GetParam(), 100);
  EXPECT_GT(work, 0);
  EXPECT_LE(WorkOfDeletingARole(GetParam(), kMany), work + work / 4);
}

TEST_P(OthersTest, APersonWithManyLinksIsErased) {
  enrolment::Enrolment enrolment;
  OneService service(GetParam(), enrolment.Rpc());
  service.Execute(
      "INSERT INTO candidates (school, name, version, create_time) VALUES ('nancy', "
      "'schools/nancy/candidates/ada', 1, 1)");
  service.Fill("access_links (school, name, version, purpose, resource, candidate, create_time)",
               "'nancy', 'schools/nancy/accessLinks/l-' || i, 1, 'APPLY', "
               "'schools/nancy/cohorts/ai-1', 'schools/nancy/candidates/ada', 1",
               1, kMany);
  enrolment::v1::EraseCandidateRequest erase;
  erase.set_name("schools/nancy/candidates/ada");
  erase.set_cause(enrolment::v1::REQUESTED);
  ASSERT_EQ(service.Ask<enrolment::v1::Erasure>(erase).status(), absl::OkStatus());
  EXPECT_EQ(service.Number("SELECT COUNT(*) FROM access_links"), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, OthersTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
