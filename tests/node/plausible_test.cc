// Bad figures of every kind, from fifty schools, from members, strangers and a copy that was
// restored: each is refused, set aside or flagged, by name, and what counts of the others stays. On
// both engines.
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using statistics::ByYear;
using statistics::Counts;
using namespace statistics::v1;  // NOLINT: the requests of one service

constexpr int kSchools = 50;
constexpr int64_t kEpoch = 1000, kRevision = 5;

// Sixty learners of one year, and what belongs to them.
ByYear Sound() {
  ByYear years;
  Counts& counts = years[2025];
  counts[{"learners", {"finished"}}] = 60;
  for (const char* table :
       {"learners-by-age", "learners-by-gender", "learners-by-level", "learners-by-region"})
    counts[{table, {"finished", "unknown"}}] = 60;
  counts[{"minutes", {"due"}}] = 6000;
  counts[{"minutes", {"present"}}] = 5000;
  counts[{"seats", {"opened"}}] = 72;
  return years;
}

// So many learners instead.
ByYear Learners(int64_t count) {
  ByYear years = Sound();
  for (auto& [cell, value] : years[2025])
    if (value == 60) value = count;
  return years;
}

struct Bad {
  const char* name;
  // Sent as it is, with the hash and signature of before; or with new ones of the changed cells.
  enum Signs { kAsItIs, kAnew } signs;
  void (*change)(SubmitCellsRequest&);
  const char* verdict;  // a reason, or the beginning of a finding
};

void Cells(SubmitCellsRequest& request, const ByYear& years) {
  *request.mutable_cells() = statistics::ToCells(years);
}
YearCell& CellOf(SubmitCellsRequest& request, const std::string& table) {
  for (YearCell& cell : *request.mutable_cells())
    if (cell.table_id() == table) return cell;
  return *request.add_cells();
}

using R = SubmitCellsRequest;

const Bad kKinds[] = {
    {"cells changed on the way", Bad::kAsItIs, [](R& r) { CellOf(r, "learners").set_count(61); },
     "the content is not what its hash says"},
    {"cut on the way", Bad::kAsItIs, [](R& r) { r.mutable_cells()->RemoveLast(); },
     "the content is not what its hash says"},
    {"a table of nobody", Bad::kAnew, [](R& r) { CellOf(r, "seats").set_table_id("salaries"); },
     "the table is not declared"},
    {"a value of nobody", Bad::kAnew,
     [](R& r) { CellOf(r, "learners").set_dimension_values(0, "asleep"); },
     "the values are not declared"},
    {"a region of nobody", Bad::kAnew,
     [](R& r) { CellOf(r, "learners-by-region").set_dimension_values(1, "77"); },
     "the values are not declared"},
    {"a negative count", Bad::kAnew, [](R& r) { CellOf(r, "seats").set_count(-1); },
     "a count is negative"},
    {"a cell twice", Bad::kAnew, [](R& r) { *r.add_cells() = CellOf(r, "seats"); },
     "a cell comes twice"},
    {"a division that does not sum", Bad::kAnew,
     [](R& r) { CellOf(r, "learners-by-age").set_count(59); }, "learners-by-age 2025"},
    {"a year where there is none", Bad::kAnew,
     [](R& r) {
       CellOf(r, "seats").set_table_id("invoices");
       CellOf(r, "invoices").set_dimension_values(0, "issued");
     },
     "the table has no year"},
    {"a part above its whole", Bad::kAnew, [](R& r) { CellOf(r, "minutes").set_count(4999); },
     "PART_OVER_WHOLE: minutes present"},
    {"10^15 learners", Bad::kAnew, [](R& r) { Cells(r, Learners(1'000'000'000'000'000)); },
     "OVER_ANY_SCHOOL: learners 2025"},
    {"the year 1066", Bad::kAnew,
     [](R& r) {
       ByYear years = Sound();
       years[1066] = years[2025];
       Cells(r, years);
     },
     "YEAR_IMPOSSIBLE: 1066"},
    {"the year 9999", Bad::kAnew,
     [](R& r) {
       ByYear years = Sound();
       years[9999] = years[2025];
       Cells(r, years);
     },
     "YEAR_IMPOSSIBLE: 9999"},
    {"shrunk to a tenth", Bad::kAnew, [](R& r) { Cells(r, Learners(6)); },
     "SHRUNK: learners 2025, from 60 to 6"},
    {"a year that is gone", Bad::kAnew, [](R& r) { r.clear_cells(); },
     "SHRUNK: learners 2025, from 60 to 0"},
    {"thirty times as many", Bad::kAnew, [](R& r) { Cells(r, Learners(1800)); },
     "JUMPED: learners 2025, from 60 to 1800"},
    {"a revision used again", Bad::kAnew,
     [](R& r) {
       r.set_revision(kRevision);
       CellOf(r, "seats").set_count(73);
     },
     "this revision was accepted with another content"},
    {"a revision of 9e15", Bad::kAnew, [](R& r) { r.set_revision(9'000'000'000'000'000); },
     "REVISION_JUMPED"},
    {"an older revision", Bad::kAnew,
     [](R& r) {
       r.set_revision(kRevision - 1);
       CellOf(r, "seats").set_count(73);
     },
     "changes nothing"},
    {"a copy of before a restore", Bad::kAnew, [](R& r) { r.set_epoch(kEpoch - 1); }, "EPOCH_OVER"},
    {"an epoch of the next century", Bad::kAnew, [](R& r) { r.set_epoch(8'000'000'000'000'000); },
     "INVALID_FIELD"},
    {"a dictionary of tomorrow", Bad::kAnew, [](R& r) { r.set_dictionary_version(99); },
     "DICTIONARY_NOT_KNOWN"},
    {"no signature", Bad::kAsItIs,
     [](R& r) {
       r.clear_signature();
       r.clear_public_key();
     },
     "NOT_SIGNED"},
    {"the signature of other figures", Bad::kAsItIs, [](R& r) { r.set_revision(9); }, "NOT_SIGNED"},
    {"somebody else's key", Bad::kAsItIs, [](R& r) { Sign(r, security::SchoolKey::Random()); },
     "KEY_NOT_KNOWN"},
};

class PlausibleTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  PlausibleTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {
    for (int i = 0; i < kSchools; ++i) {
      const std::string site = absl::StrCat("s", i);
      members_.Admit(site);
      const auto code = Must<MemberSecret, IssueJoinCodeRequest>(
          world_, absl::Substitute("name: '$$N/members/$0'", site));
      const auto secret =
          Ask<MemberSecret, RedeemJoinCodeRequest>(world_, Bearer(code.secret()), "parent: '$N'");
      EXPECT_TRUE(secret.ok()) << secret.status();
      schools_.push_back(
          {site, secret.value_or(MemberSecret()).secret(), security::SchoolKey::Random()});
      EXPECT_EQ(Verdict(schools_.back(), Request(schools_.back(), kRevision)), "accepted");
    }
  }

  struct School {
    std::string site, secret;
    security::SchoolKey key;
  };

  SubmitCellsRequest Request(const School& school, int64_t revision) const {
    SubmitCellsRequest request = members_.Request(school.site, revision, Sound());
    request.set_epoch(kEpoch);
    request.set_dictionary_version(1);
    Sign(request, school.key);
    return request;
  }
  SubmitCellsRequest Changed(const School& school, const Bad& bad) const {
    SubmitCellsRequest request = Request(school, kRevision + 1);
    bad.change(request);
    if (bad.signs == Bad::kAsItIs) return request;
    request.set_content_hash(statistics::ContentHash(request.cells()));
    Sign(request, school.key);
    return request;
  }

  std::string Verdict(const School& carrier, SubmitCellsRequest request) {
    request.set_request_id(RandomUuid());
    const auto answer =
        Ask<Submission, SubmitCellsRequest>(world_, Bearer(carrier.secret), request.DebugString());
    if (!answer.ok()) return ReasonOf(answer.status());
    if (answer->state() == Submission::QUARANTINED) return answer->findings(0);
    return answer->revision() == request.revision() ? "accepted" : "changes nothing";
  }

  World world_;
  Members members_{world_};
  std::vector<School> schools_;
};

TEST_P(PlausibleTest, NoneOfTheBadCounts) {
  const Counts before = members_.Counted(2025);
  for (const Bad& bad : kKinds) {
    std::set<std::string> verdicts;
    for (const School& school : schools_) {
      const std::string verdict = Verdict(school, Changed(school, bad));
      verdicts.insert(verdict);
      EXPECT_EQ(verdict.substr(0, std::string(bad.verdict).size()), bad.verdict)
          << bad.name << " of " << school.site;
    }
    std::printf("%-32s x %d: %s\n", bad.name, kSchools, verdicts.begin()->c_str());
    EXPECT_EQ(members_.Counted(2025), before) << bad.name;
  }
  for (const int year : {1066, 2026, 9999}) EXPECT_TRUE(members_.Counted(year).empty()) << year;
  world_.ExpectInvariants();
}

TEST_P(PlausibleTest, NorOfWhoIsNotTheSchool) {
  const Counts before = members_.Counted(2025);
  SubmitCellsRequest request = Request(schools_[0], kRevision + 1);
  Sign(request, schools_[1].key);
  EXPECT_EQ(Verdict(schools_[1], request), "KEY_NOT_KNOWN");
  EXPECT_EQ(Verdict({"x", "vivier_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", schools_[0].key},
                    Request(schools_[0], kRevision + 1)),
            "TOKEN_INVALID");
  request = members_.Request("nobody", 1, Sound());
  Sign(request, schools_[1].key);
  EXPECT_EQ(Verdict(schools_[1], request), "FIGURES_OF_ANOTHER");
  EXPECT_EQ(members_.Counted(2025), before);
}

TEST_P(PlausibleTest, WhatIsSetAsideIsKeptAcceptedOrMended) {
  const School& school = schools_[7];
  const char name[] = "name: '$N/quarantinedSubmissions/s7'";
  SubmitCellsRequest shrunk = Request(school, kRevision + 1);
  Cells(shrunk, Learners(6));
  shrunk.set_content_hash(statistics::ContentHash(shrunk.cells()));
  Sign(shrunk, school.key);
  EXPECT_EQ(Verdict(school, shrunk), "SHRUNK: learners 2025, from 60 to 6");
  const auto asked = Must<QuarantinedSubmission, AskToMendRequest>(
      world_, absl::StrCat(name, " reason: 'is a cohort missing?'"));
  EXPECT_EQ(statistics::FromCells(asked.cells()), Learners(6));
  EXPECT_EQ(members_.Counted(2025, "s7"), Sound().at(2025)) << "the last good ones, beside it";
  shrunk.set_request_id(RandomUuid());
  const auto told =
      Ask<Submission, SubmitCellsRequest>(world_, Bearer(school.secret), shrunk.DebugString());
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(*told->findings().rbegin(), "is a cohort missing?");
  const auto accepted = Must<Submission, AcceptQuarantinedSubmissionRequest>(
      world_, absl::StrCat(name, " reason: 'two cohorts were cancelled'"));
  EXPECT_EQ(*accepted.findings().rbegin(), "accepted: two cohorts were cancelled");
  EXPECT_EQ(members_.Counted(2025, "s7"), Learners(6).at(2025));
  EXPECT_EQ(Verdict(school, Request(school, kRevision + 2)), "accepted") << "and back again";
  EXPECT_EQ(members_.Counted(2025, "s7"), Sound().at(2025));
  SubmitCellsRequest broken = Request(school, kRevision + 3);
  CellOf(broken, "seats").set_table_id("salaries");
  broken.set_content_hash(statistics::ContentHash(broken.cells()));
  Sign(broken, school.key);
  EXPECT_EQ(Verdict(school, broken).substr(0, 12), "the table is");
  EXPECT_EQ(Try<AcceptQuarantinedSubmissionRequest>(
                world_, world_.Authorization(World::Person("network_coordinator")),
                absl::StrCat(name, " reason: 'no'")),
            "FAILED_PRECONDITION CANNOT_COUNT");
  world_.ExpectInvariants();
}

TEST_P(PlausibleTest, WhatIsFlaggedCountsWithItsFinding) {
  const School& school = schools_[3];
  SubmitCellsRequest fewer = Request(school, kRevision + 1);
  Cells(fewer, Learners(48));
  fewer.set_content_hash(statistics::ContentHash(fewer.cells()));
  Sign(fewer, school.key);
  EXPECT_EQ(Verdict(school, fewer), "accepted");
  const auto kept = Must<Submission, GetSubmissionRequest>(world_, "name: '$N/submissions/s3'");
  ASSERT_EQ(kept.findings_size(), 1);
  EXPECT_EQ(kept.findings(0), "SHRUNK: learners 2025, from 60 to 48");
}

INSTANTIATE_TEST_SUITE_P(Engines, PlausibleTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
