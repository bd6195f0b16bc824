#include "tests/tamper/lived_in.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/storage/engines/migrate.h"
#include "tests/identity/asking.h"
#include "tests/invariants/school.h"
#include "tests/invariants/story.h"
#include "tests/support/engines.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/partners/v1/partners.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

// A role of the school's own and who holds it, a link, a partner's program with a session.
void Engage(World& world) {
  Must<access::v1::Role, access::v1::CreateRoleRequest>(
      world,
      "parent: '$N' role_id: 'desk' role { title: 'Desk' permissions: 'cohorts.get' "
      "permissions: 'cohorts.list' }");
  Must<access::v1::Membership, access::v1::CreateMembershipRequest>(
      world,
      "parent: '$N' membership_id: 'dora' membership { subject: 'https://id.example#dora' "
      "display_name: 'Dora' roles { role: '$N/roles/desk' } }");
  Must<enrolment::v1::CreateAccessLinkResponse, enrolment::v1::CreateAccessLinkRequest>(
      world,
      "parent: '$N' access_link_id: 'ada' access_link { purpose: OWN_DATA resource: "
      "'$N/candidates/ada' }");
  Must<partners::v1::Company, partners::v1::CreateCompanyRequest>(
      world, "parent: '$N' company_id: '55208131766522' company { title: 'A company' }");
  const auto secret = Must<access::v1::PartnerClientSecret, access::v1::CreatePartnerClientRequest>(
      world,
      "parent: '$N' partner_client_id: 'acme' partner_client { title: 'Portal' company: "
      "'$N/companies/55208131766522' }");
  const auto session =
      Ask<access::v1::OpenPartnerSessionResponse, access::v1::OpenPartnerSessionRequest>(
          world, Bearer(secret.secret()), "parent: '$N'");
  EXPECT_TRUE(session.ok()) << session.status();
}

// Metz, whose figures Nancy adds up, has joined, and another one is yet to.
void Join(World& world) {
  using namespace statistics::v1;  // NOLINT: the requests of one service
  Must<Member, CreateMemberRequest>(
      world,
      "parent: '$N' member_id: 'lyon' member { title: 'Lyon' agreement_start_date { year: 2026 "
      "month: 1 day: 1 } }");
  Must<MemberSecret, IssueJoinCodeRequest>(world, "name: '$N/members/lyon'");
  const auto code = Must<MemberSecret, IssueJoinCodeRequest>(world, "name: '$N/members/metz'");
  const auto secret =
      Ask<MemberSecret, RedeemJoinCodeRequest>(world, Bearer(code.secret()), "parent: '$N'");
  EXPECT_TRUE(secret.ok()) << secret.status();
}

// What became of one who finished.
void Follow(World& world) {
  const auto learners =
      Must<enrolment::v1::ListLearnersResponse, enrolment::v1::ListLearnersRequest>(
          world, "parent: '$N/cohorts/ia-2027' filter: 'state = \"FINISHED\"' page_size: 1");
  ASSERT_EQ(learners.learners_size(), 1);
  Must<enrolment::v1::Outcome, enrolment::v1::RecordOutcomeRequest>(
      world, absl::StrCat("parent: '", learners.learners(0).name(),
                          "' outcome { situation: EMPLOYED months_after: 3 date { year: 2027 "
                          "month: 12 day: 1 } source: DECLARED }"));
}

// Another one who finished is forgotten, and the proof of it is kept.
void Forget(World& world) {
  const auto learners =
      Must<enrolment::v1::ListLearnersResponse, enrolment::v1::ListLearnersRequest>(
          world, "parent: '$N/cohorts/ia-2027' filter: 'state = \"FINISHED\"'");
  for (int i = 1; i < learners.learners_size(); ++i) {  // a contract may run of some of them
    const auto erasure = Ask<enrolment::v1::Erasure, enrolment::v1::EraseCandidateRequest>(
        world, world.Authorization(World::Person()),
        absl::StrCat("name: '", learners.learners(i).candidate(), "' cause: REQUESTED"));
    if (erasure.ok() && erasure->kept_size() > 0) return;
  }
  ADD_FAILURE() << "nobody who finished can be forgotten";
}

}  // namespace

void LiveInSmall(World& world, Snapshot& admitted) {
  School school(world);
  school.Build([&] { admitted = RowsOf(world); });
  school.Bill();
  Engage(world);
  Join(world);
  world.Settle();
}

void LiveIn(World& world, Snapshot& admitted) {
  LiveInSmall(world, admitted);
  const Telling told = Tell(world, "nancy");
  ASSERT_TRUE(told.figures.ok()) << told.lines << told.figures.status();
  Follow(world);
  Forget(world);
  world.Settle();
}

Snapshot RowsOf(const World& world) {
  Snapshot rows;
  for (const site::Module& module : AllModules()) {
    const auto database = storage::Database::Open(world.DatabaseUrl(module.name()));
    const auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_EQ((*connection)->Begin(storage::Access::kRead), absl::OkStatus());
    for (const std::string& table : TablesIn(**connection)) {
      const auto columns = storage::Columns(**connection, table);
      size_t name = 0;
      while (name < columns->size() && (*columns)[name].name != "name") ++name;
      if (name == columns->size()) continue;
      const auto found = (*connection)->Query(absl::StrCat("SELECT * FROM ", table));
      EXPECT_TRUE(found.ok()) << found.status();
      for (const storage::Row& row : found->rows)
        rows[absl::StrCat(module.name(), ".", table)][std::get<std::string>(row[name])] = row;
    }
    (*connection)->Rollback();
  }
  return rows;
}

}  // namespace vivier::testing
