// Every rpc by every kind of principal, in every state of what lets it in, held against
// who_may_call.txt, which was written by other hands than the table of roles.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/security/roles.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"
#include "tests/identity/foreign_tokens.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/enrolment/v1/school.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::testing {
namespace {

using security::v1::RoleAssignment;
using Policy = std::map<std::string, std::set<std::string>>;  // who is let in, by rpc

// A role that the school made for itself.
constexpr char kOwnRole[] = "schools/nancy/roles/own";
// What it gives holds if one of these may do it.
const std::set<std::string> kStaff = {"admissions_officer", "assessor", "finance_officer",
                                      "partner_manager", "trainer"};

const std::string& PermissionOf(const pb::MethodDescriptor& method) {
  return method.options().GetExtension(options::v1::permission);
}

// A name that no resource has, so that whoever is let in is told that, or shown nothing.
constexpr char kNoName[] = "/!";

const Policy& WhoMayCall() {
  static const auto& policy = *[] {
    auto* read = new Policy;
    std::ifstream file(
        absl::StrCat(std::getenv("VIVIER_SOURCE"), "/tests/identity/who_may_call.txt"));
    for (std::string line; std::getline(file, line);) {
      if (absl::StartsWith(line, "#")) continue;
      const std::pair<std::string, std::string> parts = absl::StrSplit(line, ": ");
      (*read)[parts.first] = absl::StrSplit(parts.second, ' ');
    }
    return read;
  }();
  return policy;
}

std::set<std::string> Roles() {
  std::set<std::string> roles;
  for (const security::Grant& grant : security::RoleGrants())
    roles.insert(std::string(grant.holder));
  return roles;
}

TEST(Matrix, NamesEveryRpcAndNoOther) {
  std::set<std::string> declared, named;
  for (const pb::MethodDescriptor* method : Methods()) declared.insert(method->full_name());
  for (const auto& [method, who] : WhoMayCall()) named.insert(method);
  EXPECT_EQ(declared, named);
}

// What secrets and their sessions hold besides.
std::set<std::string> Holders() {
  std::set<std::string> holders = Roles();
  for (const security::Grant& grant : security::BearerGrants())
    holders.insert(std::string(grant.holder));
  return holders;
}

struct Scope {
  const char* scope;
  std::set<std::string> reaches;  // of the targets
};

const std::vector<std::string> kTargets = {"", "/cohorts/ai-1", "/cohorts/ai-1/learners/ada",
                                           "/cohorts/ai-10"};
const Scope kScopes[] = {
    {"", {kTargets.begin(), kTargets.end()}},
    {"/cohorts/ai-1", {"/cohorts/ai-1", "/cohorts/ai-1/learners/ada"}},
    {"/cohorts/ai-1/learners/ada", {"/cohorts/ai-1/learners/ada"}},
};

// What the decision comes to, without rpcs: any roles, times, scopes, rpcs and resources.
TEST(Matrix, AgreesOnAHundredThousandRandomPrincipals) {
  std::mt19937 random(20261123);
  const auto pick = [&random](size_t size) {
    return std::uniform_int_distribution<size_t>(0, size - 1)(random);
  };
  const std::vector<const pb::MethodDescriptor*> methods = Methods();
  std::set<std::string> all = Holders();
  all.insert(kOwnRole);
  const std::vector<std::string> roles(all.begin(), all.end());
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  int let_in = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::vector<RoleAssignment> held(pick(4));
    std::set<std::string> valid;
    const std::string& target = kTargets[pick(kTargets.size())];
    for (RoleAssignment& role : held) {
      do role.set_role(roles[pick(roles.size())]);
      while (held.size() > 1 && security::ActsForOne(role.role()));  // who holds no other role
      if (role.role() == "partner") role.set_company("schools/nancy/companies/acme");
      if (role.role() == "funder") role.set_funder("schools/nancy/funders/region");
      if (role.role() == kOwnRole)
        role.add_permissions(PermissionOf(*methods[pick(methods.size())]));
      const int start = static_cast<int>(pick(5)) - 2,
                end = static_cast<int>(pick(5)) - 2;  // of hours around now
      if (start != 2)
        role.mutable_start_time()->set_seconds(absl::ToUnixSeconds(now + absl::Hours(start)));
      if (end != 2)
        role.mutable_end_time()->set_seconds(absl::ToUnixSeconds(now + absl::Hours(end)));
      const Scope& scope = kScopes[pick(3)];
      if (*scope.scope != '\0') role.set_scope(absl::StrCat("schools/nancy", scope.scope));
      if ((start == 2 || start <= 0) && (end == 2 || end > 0) && scope.reaches.count(target) > 0)
        valid.insert(role.role() == kOwnRole ? role.permissions(0) : role.role());
    }
    const pb::MethodDescriptor& method = *methods[pick(methods.size())];
    const std::string school = pick(4) == 0 ? "metz" : "nancy";
    bool expected = false;
    for (const std::string& who : WhoMayCall().at(method.full_name()))
      expected = expected || valid.count(who) > 0 ||
                 (kStaff.count(who) > 0 && valid.count(PermissionOf(method)) > 0);
    expected = expected && school == "nancy";
    const security::Caller caller =
        rpc::WithRights({}, "nancy", "schools/nancy" + target, held, now);
    ASSERT_EQ(security::Allows(caller, PermissionOf(method), school), expected)
        << method.full_name() << " at " << school << " by "
        << (held.empty() ? "nobody" : held[0].ShortDebugString());
    let_in += expected ? 1 : 0;
  }
  EXPECT_GT(let_in, 2'000);  // else the samples would say nothing
}

class MatrixTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  MatrixTest() : world_(GetParam(), &TrustForeignIssuer) {}

  void Give(const std::string& person, RoleAssignment role) {
    access::v1::CreateMembershipRequest request;
    request.set_parent("schools/nancy");
    request.set_membership_id(person);
    request.mutable_membership()->set_subject(ForeignSubject(person));
    if (role.role() == "partner") role.set_company("schools/nancy/companies/acme");
    if (role.role() == "funder") role.set_funder("schools/nancy/funders/region");
    *request.mutable_membership()->add_roles() = std::move(role);
    const auto given = world_.Write<access::v1::Membership>(request);
    ASSERT_TRUE(given.ok()) << given.status();
  }

  // Each role three times: of now, of the past, of the future.
  void GiveAll() {
    for (const std::string& role : Roles()) {
      const std::string id = Id(role);
      RoleAssignment now, ended, coming;
      for (RoleAssignment* each : {&now, &ended, &coming}) each->set_role(role);
      ended.mutable_end_time()->set_seconds(absl::ToUnixSeconds(world_.now()) - 1);
      coming.mutable_start_time()->set_seconds(absl::ToUnixSeconds(world_.now()) + 3600);
      Give(id, now);
      Give(id + "-ended", ended);
      Give(id + "-coming", coming);
    }
    GiveOwn();
    world_.Settle();
  }

  // A trainer in all but the name.
  void GiveOwn() {
    access::v1::CreateRoleRequest request;
    request.set_parent("schools/nancy");
    request.set_role_id("own");
    request.mutable_role()->set_title("Own");
    for (const pb::MethodDescriptor* method : Methods())
      if (WhoMayCall().at(method->full_name()).count("trainer") > 0)
        request.mutable_role()->add_permissions(PermissionOf(*method));
    const auto made = world_.Write<access::v1::Role>(request);
    ASSERT_TRUE(made.ok()) << made.status();
    RoleAssignment own;
    own.set_role(kOwnRole);
    Give("own", own);
  }

  static std::string Id(std::string role) {
    std::replace(role.begin(), role.end(), '_', '-');
    return role;
  }

  absl::Status Call(const pb::MethodDescriptor& method, const std::string& school,
                    const std::string& authorization) {
    const auto described = rpc::Describe(&method);
    EXPECT_TRUE(described.ok()) << described.status();
    std::unique_ptr<pb::Message> request = NewMessage(method.input_type());
    pb::Message* holder = request.get();
    for (size_t i = 0; i + 1 < described->target.size(); ++i)
      holder = holder->GetReflection()->MutableMessage(holder, described->target[i]);
    holder->GetReflection()->SetString(holder, described->target.back(),
                                       absl::StrCat("schools/", school, kNoName));
    return world_.CallRaw(method, request->SerializeAsString(), authorization).status();
  }

  void Expect(bool let_in, const pb::MethodDescriptor& method, const std::string& school,
              const std::string& authorization, const std::string& who) {
    const absl::Status status = Call(method, school, authorization);
    ++calls_;
    EXPECT_EQ(!absl::IsPermissionDenied(status), let_in)
        << method.full_name() << " by " << who << ": " << status;
  }

  World world_;
  int calls_ = 0;
};

TEST_P(MatrixTest, LetsInWhomThePolicyNamesAndNobodyElse) {
  GiveAll();
  std::map<std::string, std::string> tokens;
  for (const std::string& role : Roles())
    for (const char* state : {"", "-ended", "-coming"})
      tokens[Id(role) + state] = ForeignToken(Id(role) + state, world_.now());
  const std::string nobody = ForeignToken("nobody", world_.now()),
                    own = ForeignToken("own", world_.now());
  for (const pb::MethodDescriptor* method : Methods()) {
    if (method->server_streaming()) continue;  // services only, and below
    const std::set<std::string>& who = WhoMayCall().at(method->full_name());
    const bool all = who.count("public") > 0, anybody = who.count("identified") > 0 || all;
    for (const std::string& role : Roles()) {
      // Who acts for a company or a funder is of another kind than those who may become members.
      Expect(who.count(role) > 0 || all || (anybody && !security::ActsForOne(role)), *method,
             "nancy", tokens[Id(role)], role);
      Expect(false, *method, "metz", tokens[Id(role)], role + " at another school");
      Expect(anybody, *method, "nancy", tokens[Id(role) + "-ended"], role + ", ended");
      Expect(anybody, *method, "nancy", tokens[Id(role) + "-coming"], role + ", not begun");
    }
    Expect(who.count("trainer") > 0 || anybody, *method, "nancy", own, kOwnRole);
    Expect(false, *method, "metz", own, "one with a role of another school's own");
    Expect(anybody, *method, "nancy", nobody, "nobody");
  }
  EXPECT_GT(calls_, 5'000);
}

TEST_P(MatrixTest, LetsInTheServicesThatThePolicyNames) {
  for (const security::Grant& grant : security::ServiceGrants()) {
    const std::string name(grant.holder);
    const security::Caller service{"spiffe://test/school/nancy/service/" + name,
                                   security::Caller::Kind::kService,
                                   {"service"},
                                   {"nancy"},
                                   ""};
    const std::string token = world_.Authorization(service);
    for (const pb::MethodDescriptor* method : Methods()) {
      if (method->server_streaming()) continue;
      const std::set<std::string>& who = WhoMayCall().at(method->full_name());
      Expect(who.count("service:" + name) > 0 || who.count("public") > 0, *method, "nancy", token,
             name);
      Expect(false, *method, "metz", token, name + " at another school");
    }
  }
}

TEST_P(MatrixTest, LetsInThePublicWhereThePolicyNamesIt) {
  int let_in = 0;
  for (const pb::MethodDescriptor* method : Methods()) {
    if (WhoMayCall().at(method->full_name()).count("public") == 0) continue;
    for (const char* nothing : {"", "anonymous", "Basic bmFuY3k6c2VjcmV0", "Bearer "}) {
      Expect(true, *method, "nancy", nothing, "the public");
      EXPECT_EQ(ReasonOf(Call(*method, "nancy", nothing)) == "TOKEN_MISSING", false);
      Expect(false, *method, "metz", nothing, "the public at another school");
    }
    ++let_in;
  }
  EXPECT_GE(let_in, 5);
}

// Whatever strangers ask, and however often, is asked of what is left for them.
TEST_P(MatrixTest, HoldsThePublicToItsShare) {
  enrolment::v1::GetSchoolRequest request;
  request.set_name("schools/nancy");
  const pb::MethodDescriptor& method = *pb::DescriptorPool::generated_pool()->FindMethodByName(
      "vivier.enrolment.v1.SchoolService.GetSchool");
  const std::string bytes = request.SerializeAsString();
  enrolment::v1::GetSchoolRequest large;
  large.set_name("schools/nancy/" + std::string(5000, 'x'));
  EXPECT_EQ(ReasonOf(world_.CallRaw(method, large.SerializeAsString(), "").status()),
            "REQUEST_TOO_LARGE");
  int answered = 0;
  absl::Status refused;
  for (int i = 0; i < 100; ++i) {
    const absl::Status status = world_.CallRaw(method, bytes, "").status();
    answered += ReasonOf(status) != "OVERLOADED" ? 1 : 0;
    if (ReasonOf(status) == "OVERLOADED") refused = status;
  }
  EXPECT_GE(answered, 59);  // in a burst, and two more a second
  EXPECT_LT(answered, 100);
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"queue", "public"}}));
  const std::string known = world_.Authorization(World::Person());
  EXPECT_NE(ReasonOf(world_.CallRaw(method, bytes, known).status()), "OVERLOADED");
}

TEST_P(MatrixTest, RefusesEveryRpcWithoutAGoodToken) {
  const std::string expired = ForeignToken("trainer", world_.now() - absl::Hours(2));
  for (const pb::MethodDescriptor* method : Methods()) {
    if (method->server_streaming()) continue;
    const bool all = WhoMayCall().at(method->full_name()).count("public") > 0;
    EXPECT_EQ(ReasonOf(Call(*method, "nancy", "")) == "TOKEN_MISSING", !all) << method->full_name();
    EXPECT_EQ(ReasonOf(Call(*method, "nancy", expired)), "TOKEN_INVALID") << method->full_name();
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, MatrixTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
