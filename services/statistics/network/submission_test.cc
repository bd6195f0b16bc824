// I11 in the pure: whatever is repeated or comes out of order, the parent's figure is the sum of
// the newest submissions.
#include "services/statistics/network/submission.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier::statistics {
namespace {

ByYear Sample(int64_t finished, int64_t women) {
  ByYear years;
  years[2026][{"learners", {"finished"}}] = finished;
  for (const char* table : {"learners-by-age", "learners-by-level", "learners-by-region"})
    years[2026][{table, {"finished", "unknown"}}] = finished;
  years[2026][{"learners-by-gender", {"finished", "woman"}}] = women;
  years[2026][{"learners-by-gender", {"finished", "man"}}] = finished - women;
  return years;
}

TEST(FindingsTest, NameWhatIsWrong) {
  struct Row {
    const char* what;
    void (*change)(YearCells&);
    const char* finding;
  };
  const Row rows[] = {
      {"sound", [](YearCells&) {}, ""},
      {"undeclared table", [](YearCells& c) { c.Mutable(0)->set_table_id("salaries"); },
       "the table is not declared"},
      {"undeclared value", [](YearCells& c) { c.Mutable(0)->set_dimension_values(0, "asleep"); },
       "the values are not declared"},
      {"missing value", [](YearCells& c) { c.Mutable(1)->clear_dimension_values(); },
       "the values are not declared"},
      {"negative", [](YearCells& c) { c.Mutable(0)->set_count(-1); }, "a count is negative"},
      {"twice", [](YearCells& c) { *c.Add() = c[0]; }, "a cell comes twice"},
      {"division off by one", [](YearCells& c) { c.Mutable(0)->set_count(c[0].count() + 1); },
       "does not sum to learners"},
  };
  for (const Row& row : rows) {
    YearCells cells = ToCells(Sample(20, 8));
    row.change(cells);
    const std::vector<std::string> findings = Findings(cells, ContentHash(cells));
    if (*row.finding == 0) {
      EXPECT_TRUE(findings.empty()) << row.what << ": " << findings[0];
      continue;
    }
    ASSERT_FALSE(findings.empty()) << row.what;
    EXPECT_NE(findings[0].find(row.finding), std::string::npos) << findings[0];
  }
  const YearCells cells = ToCells(Sample(20, 8));
  EXPECT_EQ(Findings(cells, std::string(64, '0')),
            std::vector<std::string>{"the content is not what its hash says"});
}

TEST(ContentHashTest, DoesNotDependOnOrderButOnEveryCount) {
  YearCells cells = ToCells(Sample(20, 8));
  const std::string hash = ContentHash(cells);
  cells.SwapElements(0, 3);
  EXPECT_EQ(ContentHash(cells), hash);
  cells.Mutable(0)->set_count(cells[0].count() + 1);
  EXPECT_NE(ContentHash(cells), hash);
}

TEST(CompareTest, OnlyANewerRevisionOrEpochReplaces) {
  v1::Submission accepted;
  accepted.set_epoch(100);
  accepted.set_revision(7);
  accepted.set_content_hash("a");
  const auto compare = [](const v1::Submission* before, int64_t epoch, int64_t revision,
                          const char* hash) {
    v1::SubmitCellsRequest request;
    request.set_epoch(epoch);
    request.set_revision(revision);
    request.set_content_hash(hash);
    return Compare(before, request);
  };
  EXPECT_EQ(compare(nullptr, 0, 1, "x"), Fate::kAccept);
  EXPECT_EQ(compare(&accepted, 100, 8, "x"), Fate::kAccept);
  EXPECT_EQ(compare(&accepted, 100, 7, "a"), Fate::kAlreadyThere);
  EXPECT_EQ(compare(&accepted, 100, 7, "x"), Fate::kReused);
  EXPECT_EQ(compare(&accepted, 100, 6, "x"), Fate::kAlreadyThere);
  EXPECT_EQ(compare(&accepted, 101, 1, "x"), Fate::kAccept);
  EXPECT_EQ(compare(&accepted, 99, 9'000'000'000'000'000, "x"), Fate::kEpochOver);
}

TEST(ParentTest, EqualsTheSumOfTheNewestInAnyOrderWithRepeats) {
  std::mt19937_64 random(11);
  for (int run = 0; run < 200; ++run) {
    struct Sent {
      std::string site;
      int64_t revision;
      ByYear years;
    };
    std::vector<Sent> sent;
    Counts wanted;
    for (int site = 0; site < 4; ++site) {
      for (int64_t revision = 1; revision <= 5; ++revision) {
        const int64_t finished = static_cast<int64_t>(random() % 30 + 1);
        sent.push_back({absl::StrCat("s", site), revision, Sample(finished, finished / 2)});
      }
      for (const auto& [cell, count] : sent.back().years.at(2026)) wanted[cell] += count;
    }
    for (int i = 0; i < 20; ++i) sent.push_back(sent[random() % 20]);
    std::shuffle(sent.begin(), sent.end(), random);
    std::map<std::string, v1::Submission> heads;
    std::map<std::string, v1::SiteYear> rows;
    for (const Sent& one : sent) {
      const YearCells cells = ToCells(one.years);
      auto head = heads.find(one.site);
      v1::SubmitCellsRequest request;
      request.set_revision(one.revision);
      request.set_content_hash(ContentHash(cells));
      if (Compare(head == heads.end() ? nullptr : &head->second, request) != Fate::kAccept)
        continue;
      heads[one.site].set_revision(one.revision);
      heads[one.site].set_content_hash(ContentHash(cells));
      Store(FromCells(cells)[2026], rows[one.site]);
    }
    Counts total;
    for (const auto& [site, row] : rows)
      for (const auto& [cell, count] : Read(row)) total[cell] += count;
    std::erase_if(wanted, [](const auto& entry) { return entry.second == 0; });
    ASSERT_EQ(total, wanted);
  }
}

}  // namespace
}  // namespace vivier::statistics
