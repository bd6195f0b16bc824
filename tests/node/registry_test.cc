// The registry of a node: lists of networks, what became of schools, who is late. On both engines.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else
using ::testing::ElementsAre;

constexpr char kList[] =
    "Siret;UAI validée;Raison sociale;Enseigne;etat_administratif;Adresse;Région\n"
    "73282932000074;0442590B;ASSOCIATION A;L'Atelier;actif;3 rue Neuve 54000 Nancy;Grand Est\n"
    "44306184100047;;SOCIETE B;;fermé;;Bretagne\n"
    "73282932000074;0442590B;ASSOCIATION A;;actif;;Grand Est\n"
    "1;;C;;actif;;\n";

class RegistryTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  RegistryTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {}

  SchoolImportReport Import(const std::string& content, const std::string& network = "net") {
    ImportSchoolRecordsRequest request;
    request.set_parent("schools/nancy");
    request.set_network(network);
    request.set_content(content);
    const auto report = world_.Write<SchoolImportReport>(request);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(SchoolImportReport());
  }

  void Create(const std::string& id, const std::string& more = "") {
    Must<SchoolRecord, CreateSchoolRecordRequest>(
        world_, absl::Substitute("parent: '$$N' school_record_id: '$0' school_record { title: '$0' "
                                 "$1 }",
                                 id, more));
  }
  SchoolRecord Get(const std::string& id) {
    return Must<SchoolRecord, GetSchoolRecordRequest>(
        world_, absl::StrCat("name: '$N/schoolRecords/", id, "'"));
  }

  std::string Succeed(const std::string& ending, int month, const std::string& predecessors,
                      const std::string& successors) {
    std::string request = absl::Substitute(
        "parent: '$$N' ending: $0 effective_date { year: 2026 month: $1 day: 1 }", ending, month);
    for (const char id : predecessors)
      absl::StrAppend(&request, " predecessors: '$N/schoolRecords/", std::string(1, id), "'");
    for (const char id : successors)
      absl::StrAppend(&request, " successors: '$N/schoolRecords/", std::string(1, id), "'");
    return Try<RecordSuccessionRequest>(world_, world_.Authorization(World::Person()), request);
  }
  // The ids of those who stand in its place on the first of that month of 2026.
  std::string Standing(const std::string& id, int month) {
    const auto standing = Must<ResolveSchoolRecordResponse, ResolveSchoolRecordRequest>(
        world_,
        absl::Substitute("name: '$$N/schoolRecords/$0' date { year: 2026 month: $1 day: 1 }", id,
                         month));
    std::string ids;
    for (const SchoolRecord& record : standing.school_records()) ids += record.title();
    return ids;
  }

  World world_;
};

TEST_P(RegistryTest, TakesANetworksListOnce) {
  const SchoolImportReport report = Import(kList);
  EXPECT_EQ(report.created(), 2);
  EXPECT_EQ(report.unchanged(), 1) << report.DebugString();
  EXPECT_EQ(report.refused(), 1);
  EXPECT_EQ(report.rows(2).findings(0).reason(), CELL_DIFFERS) << "the sign of the first row stays";
  EXPECT_EQ(report.rows(3).line(), 5);
  const SchoolRecord declared = Get("73282932000074");
  EXPECT_EQ(declared.title(), "L'Atelier");
  EXPECT_EQ(declared.member(), "") << "declared, not running";
  EXPECT_TRUE(Get("44306184100047").declared_closed());
  const SchoolImportReport again = Import(kList);
  EXPECT_EQ(again.unchanged(), 3) << again.DebugString();
  EXPECT_EQ(Get("73282932000074").etag(), declared.etag());
  EXPECT_EQ(Import(kList, "other").changed(), 2);
  EXPECT_THAT(Get("73282932000074").networks(), ElementsAre("net", "other"));
  world_.ExpectInvariants();
}

TEST_P(RegistryTest, ARunningSchoolKeepsWhatItSays) {
  Must<Member, CreateMemberRequest>(
      world_,
      "parent: '$N' member_id: 'metz' member { title: 'Metz' agreement_start_date { year: 2026 "
      "month: 1 day: 1 } }");
  Create("metz", "siret: '73282932000074' member: '$N/members/metz'");
  const SchoolImportReport report = Import(kList);
  EXPECT_EQ(report.rows(0).school_record(), "schools/nancy/schoolRecords/metz");
  EXPECT_EQ(report.rows(0).result(), SchoolImportRow::CHANGED);
  EXPECT_EQ(Get("metz").title(), "metz");
  EXPECT_EQ(Get("metz").legal_entity(), "732829320");
  const auto found = Must<ListSchoolRecordsResponse, ListSchoolRecordsRequest>(
      world_, "parent: '$N' filter: 'legal_entity = \"732829320\"'");
  EXPECT_EQ(found.school_records_size(), 1);
}

TEST_P(RegistryTest, AMergedSchoolIsFoundByItsOldName) {
  for (const char* id : {"a", "b", "c", "d", "e"}) Create(id);
  EXPECT_EQ(Succeed("RENAMED", 2, "a", "b"), "OK");
  EXPECT_EQ(Succeed("MERGED", 5, "b", "c"), "OK");
  EXPECT_EQ(Succeed("SPLIT", 9, "c", "de"), "OK");
  EXPECT_EQ(Standing("a", 1), "a");
  EXPECT_EQ(Standing("a", 2), "b");
  EXPECT_EQ(Standing("a", 5), "c");
  EXPECT_EQ(Standing("a", 9), "de");
  EXPECT_THAT(Get("c").predecessors(), ElementsAre("schools/nancy/schoolRecords/b"));
  const auto old = Must<ListSchoolRecordsResponse, ListSchoolRecordsRequest>(
      world_, "parent: '$N' filter: 'title = \"a\"'");
  ASSERT_EQ(old.school_records_size(), 1);
  EXPECT_EQ(old.school_records(0).ending(), SchoolRecord::RENAMED);
  EXPECT_EQ(Succeed("CLOSED", 12, "de", ""), "OK");
  EXPECT_EQ(Standing("a", 12), "");
  world_.ExpectInvariants();
}

TEST_P(RegistryTest, RefusesWhatCannotBe) {
  for (const char* id : {"a", "b", "c"}) Create(id);
  EXPECT_EQ(Succeed("SPLIT", 2, "a", "b"), "FAILED_PRECONDITION SUCCESSION_UNFIT");
  EXPECT_EQ(Succeed("RENAMED", 2, "a", "b"), "OK");
  EXPECT_EQ(Succeed("RENAMED", 3, "a", "c"), "FAILED_PRECONDITION SCHOOL_HAS_ENDED");
  EXPECT_EQ(Succeed("RENAMED", 3, "b", "a"), "FAILED_PRECONDITION SUCCESSION_OUT_OF_ORDER");
  EXPECT_EQ(Succeed("RENAMED", 1, "b", "a"), "FAILED_PRECONDITION SUCCESSION_OUT_OF_ORDER");
  EXPECT_EQ(Succeed("RENAMED", 1, "b", "x"), "NOT_FOUND NOT_FOUND");
  const std::string person = world_.Authorization(World::Person());
  const std::string b = "name: '$N/schoolRecords/b'";
  EXPECT_EQ(Try<DeleteSchoolRecordRequest>(world_, person, b),
            "FAILED_PRECONDITION SCHOOL_HAS_SUCCESSION");
  EXPECT_EQ(Try<WithdrawSuccessionRequest>(world_, person, b),
            "FAILED_PRECONDITION SCHOOL_HAS_NOT_ENDED");
  EXPECT_EQ(Try<WithdrawSuccessionRequest>(world_, person, "name: '$N/schoolRecords/a'"), "OK");
  EXPECT_EQ(Try<DeleteSchoolRecordRequest>(world_, person, b), "OK");
  EXPECT_FALSE(Get("a").has_closing_date());
  world_.ExpectInvariants();
}

TEST_P(RegistryTest, SaysWhoIsLateAndNotWhoIsQuiet) {
  for (const char* id : {"quiet", "silent", "yet"})
    Must<Member, CreateMemberRequest>(
        world_, absl::Substitute("parent: '$$N' member_id: '$0' member { title: '$0' "
                                 "agreement_start_date { year: $1 month: 1 day: 1 } }",
                                 id, std::string(id) == "yet" ? 2030 : 2026));
  const auto late = [&](int days) {
    const auto response = Must<ListLateSchoolsResponse, ListLateSchoolsRequest>(
        world_, absl::StrCat("parent: '$N' silent_days: ", days));
    std::string found;
    for (const LateSchool& school : response.late_schools())
      absl::StrAppend(&found, school.title(), school.has_last_contact_time() ? "+" : "-",
                      school.has_last_change_time() ? "+" : "-", school.silent_days(), " ");
    return found;
  };
  const auto code =
      Must<MemberSecret, IssueJoinCodeRequest>(world_, "name: '$N/members/quiet'").secret();
  const auto secret =
      Ask<MemberSecret, RedeemJoinCodeRequest>(world_, Bearer(code), "parent: '$N'");
  ASSERT_TRUE(secret.ok()) << secret.status();
  SubmitCellsRequest submission;
  submission.set_parent("schools/nancy");
  submission.set_site("quiet");
  submission.set_revision(1);
  submission.set_epoch(1);
  submission.set_dictionary_version(1);
  submission.set_content_hash(statistics::ContentHash({}));
  Sign(submission, security::SchoolKey::Random());
  EXPECT_EQ(Try<SubmitCellsRequest>(world_, Bearer(secret->secret()), submission.DebugString()),
            "OK");
  EXPECT_THAT(late(1), ::testing::MatchesRegex("silent--[0-9]+ "));
  world_.Advance(absl::Hours(24 * 12));
  EXPECT_THAT(late(12), ::testing::MatchesRegex("quiet\\+\\+12 silent--[0-9]+ "));
  EXPECT_EQ(Try<RenewMemberCredentialRequest>(world_, Bearer(secret->secret()), "parent: '$N'"),
            "OK");
  EXPECT_THAT(late(12), ::testing::MatchesRegex("silent--[0-9]+ ")) << "a renewal is a contact";
  world_.Advance(absl::Hours(24 * 3));
  EXPECT_THAT(late(3), ::testing::MatchesRegex("quiet\\+\\+3 silent--[0-9]+ "));
}

INSTANTIATE_TEST_SUITE_P(Engines, RegistryTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
