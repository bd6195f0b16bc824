#include "services/enrolment/links/rules.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using v1::AccessLink;

constexpr char kCandidate[] = "schools/nancy/candidates/zoe";
constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
constexpr char kApplication[] = "schools/nancy/cohorts/ai-1/applications/zoe";
constexpr char kEntry[] =
    "schools/nancy/cohorts/ai-1/attendanceSheets/2026-09-07-am/presenceEntries/zoe";

AccessLink Link(AccessLink::Purpose purpose, const std::string& resource) {
  AccessLink link;
  link.set_purpose(purpose);
  link.set_resource(resource);
  link.set_candidate(kCandidate);
  return link;
}

TEST(AccessRules, APurposeHasResourcesOfOneKind) {
  const std::set<std::pair<AccessLink::Purpose, std::string>> fitting = {
      {AccessLink::OWN_DATA, kCandidate},
      {AccessLink::APPLY, kCohort},
      {AccessLink::ANSWER_OFFER, kApplication},
      {AccessLink::SIGN_PRESENCE, kEntry}};
  for (int purpose = 0; purpose < AccessLink::Purpose_ARRAYSIZE; ++purpose) {
    for (const std::string resource :
         {kCandidate, kCohort, kApplication, kEntry, "", "schools/nancy",
          "schools/metz/candidates/zoe", "schools/nancy/candidates/zoe/more",
          "schools/nancy/candidates"}) {
      const AccessLink link = Link(static_cast<AccessLink::Purpose>(purpose), resource);
      const absl::Status status = CheckAccessLink("nancy", link);
      EXPECT_EQ(status.ok(), fitting.count({link.purpose(), resource}) > 0)
          << purpose << " " << resource;
      EXPECT_EQ(ReasonOf(status), status.ok() ? "" : "INVALID_FIELD");
    }
  }
}

TEST(AccessRules, ASessionReachesWhatItsLinkIsFor) {
  const struct {
    AccessLink::Purpose purpose;
    const char* resource;
    std::vector<std::pair<std::string, std::string>> roles;  // with their scopes
  } rows[] = {
      {AccessLink::OWN_DATA, kCandidate, {{"session:own_data", kCandidate}}},
      {AccessLink::APPLY, kCohort, {{"session:apply", kCohort}, {"session:own_data", kCandidate}}},
      {AccessLink::ANSWER_OFFER, kApplication, {{"session:answer_offer", kApplication}}},
      {AccessLink::SIGN_PRESENCE, kEntry, {{"session:sign_presence", kEntry}}},
  };
  for (const auto& row : rows) {
    std::vector<std::pair<std::string, std::string>> roles;
    for (const auto& role :
         SessionRoles(Link(row.purpose, row.resource), absl::FromUnixSeconds(1'800'000'000))) {
      roles.emplace_back(role.role(), role.scope());
      EXPECT_EQ(role.end_time().seconds(), 1'800'000'000);
    }
    EXPECT_EQ(roles, row.roles);
  }
}

TEST(AccessRules, NobodyGivesWhatHeDoesNotHave) {
  const struct {
    const char* role;
    bool own_data, apply, answer_offer, sign_presence;
  } rows[] = {
      {"school_director", true, true, true, true},
      {"admissions_officer", true, true, true, false},
      {"trainer", false, false, false, true},
      {"data_protection_officer", false, false, false, false},  // reads a file, does not correct it
      {"assessor", false, false, false, false},
      {"nobody", false, false, false, false},
  };
  for (const auto& row : rows) {
    const security::Caller caller{"p", security::Caller::Kind::kPerson, {row.role}, {"nancy"}, ""};
    EXPECT_EQ(MayGive(caller, "nancy", Link(AccessLink::OWN_DATA, kCandidate)), row.own_data)
        << row.role;
    EXPECT_EQ(MayGive(caller, "nancy", Link(AccessLink::APPLY, kCohort)), row.apply) << row.role;
    EXPECT_EQ(MayGive(caller, "nancy", Link(AccessLink::ANSWER_OFFER, kApplication)),
              row.answer_offer)
        << row.role;
    EXPECT_EQ(MayGive(caller, "nancy", Link(AccessLink::SIGN_PRESENCE, kEntry)), row.sign_presence)
        << row.role;
    EXPECT_FALSE(MayGive(caller, "metz", Link(AccessLink::OWN_DATA, kCandidate))) << row.role;
  }
}

TEST(AccessRules, EachPurposeHasItsTimes) {
  for (int purpose = 1; purpose < AccessLink::Purpose_ARRAYSIZE; ++purpose) {
    EXPECT_GE(LinkLife(static_cast<AccessLink::Purpose>(purpose)), absl::Hours(12)) << purpose;
    EXPECT_LE(SessionLife(static_cast<AccessLink::Purpose>(purpose)), absl::Hours(2)) << purpose;
  }
}

}  // namespace
}  // namespace vivier::enrolment
