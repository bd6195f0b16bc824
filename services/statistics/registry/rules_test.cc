#include "services/statistics/registry/rules.h"

#include <functional>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::statistics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::SchoolRecord;

constexpr char kSiret[] = "73282932000074";
const absl::CivilDay kDay(2026, 9, 1);

SchoolRecord Named(int i) {
  SchoolRecord record;
  record.set_name(absl::StrCat("schools/france/schoolRecords/s", i));
  return record;
}

TEST(RecordTest, TakesTheLegalEntityFromTheSiret) {
  SchoolRecord record;
  record.set_siret(kSiret);
  EXPECT_EQ(CompleteRecord(record), absl::OkStatus());
  EXPECT_EQ(record.legal_entity(), "732829320");
  record.set_legal_entity("356000000");
  EXPECT_EQ(CompleteRecord(record).code(), absl::StatusCode::kInvalidArgument);
}

TEST(RecordTest, RefusesWhatNoCodeCanBe) {
  struct Row {
    std::function<void(SchoolRecord&)> say;
    bool taken;
  };
  const Row rows[] = {
      {[](SchoolRecord& record) { record.set_siret("73282932000075"); }, false},
      {[](SchoolRecord& record) { record.set_uai("0442590B"); }, true},
      {[](SchoolRecord& record) { record.set_uai("0442590A"); }, false},
      {[](SchoolRecord& record) { record.set_activity_number("1"); }, false},
      {[](SchoolRecord& record) {
         record.add_networks("cci");
         record.add_networks("cci");
       },
       false},
  };
  for (const Row& row : rows) {
    SchoolRecord record;
    row.say(record);
    EXPECT_EQ(CompleteRecord(record).ok(), row.taken) << record.ShortDebugString();
  }
}

TEST(SuccessionTest, SoManySchoolsEndSo) {
  struct Row {
    SchoolRecord::Ending ending;
    int predecessors, successors;
    bool fits;
  };
  const Row rows[] = {
      {SchoolRecord::RENAMED, 1, 1, true}, {SchoolRecord::RENAMED, 2, 1, false},
      {SchoolRecord::MERGED, 1, 1, true},  {SchoolRecord::MERGED, 3, 1, true},
      {SchoolRecord::MERGED, 2, 2, false}, {SchoolRecord::SPLIT, 1, 2, true},
      {SchoolRecord::SPLIT, 1, 1, false},  {SchoolRecord::SPLIT, 2, 2, false},
      {SchoolRecord::CLOSED, 1, 0, true},  {SchoolRecord::CLOSED, 1, 1, false},
      {SchoolRecord::MERGED, 0, 1, false}, {SchoolRecord::ENDING_UNSPECIFIED, 1, 0, false},
  };
  for (const Row& row : rows) {
    v1::RecordSuccessionRequest request;
    request.set_ending(row.ending);
    for (int i = 0; i < row.predecessors; ++i) request.add_predecessors(Named(i).name());
    for (int i = 0; i < row.successors; ++i) request.add_successors(Named(10 + i).name());
    EXPECT_EQ(CheckSuccession(request).ok(), row.fits) << request.ShortDebugString();
  }
}

TEST(SuccessionTest, NoSchoolTwice) {
  v1::RecordSuccessionRequest request;
  request.set_ending(SchoolRecord::MERGED);
  request.add_predecessors(Named(1).name());
  request.add_successors(Named(1).name());
  EXPECT_EQ(ReasonOf(CheckSuccession(request)), "SUCCESSION_UNFIT");
}

TEST(SuccessionTest, EndsOnceAndInOrder) {
  SchoolRecord record = Named(1), before = Named(2);
  EXPECT_EQ(CheckEnds(record, kDay, {}), absl::OkStatus());
  *before.mutable_closing_date() = ToDate(kDay);
  EXPECT_EQ(ReasonOf(CheckEnds(record, kDay, {before})), "SUCCESSION_OUT_OF_ORDER");
  EXPECT_EQ(CheckEnds(record, kDay + 1, {before}), absl::OkStatus());
  *record.mutable_opening_date() = ToDate(kDay);
  EXPECT_EQ(ReasonOf(CheckEnds(record, kDay, {})), "SUCCESSION_OUT_OF_ORDER");
  *record.mutable_closing_date() = ToDate(kDay + 5);
  EXPECT_EQ(ReasonOf(CheckEnds(record, kDay + 9, {})), "SCHOOL_HAS_ENDED");
  EXPECT_EQ(CheckGoesOn(record, kDay + 4), absl::OkStatus());
  EXPECT_EQ(ReasonOf(CheckGoesOn(record, kDay + 5)), "SUCCESSION_OUT_OF_ORDER");
}

// Whatever is tried in whatever order, no chain of successors comes back to where it began.
TEST(SuccessionTest, NeverACircle) {
  std::mt19937_64 random(14);
  int recorded = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<SchoolRecord> records;
    for (int i = 0; i < 6; ++i) records.push_back(Named(i));
    std::vector<std::vector<size_t>> successors(6), predecessors(6);
    for (int step = 0; step < 20; ++step) {
      const size_t from = random() % 6, to = random() % 6;
      const absl::CivilDay day = kDay + static_cast<int64_t>(random() % 9);
      std::vector<SchoolRecord> before;
      for (const size_t i : predecessors[from]) before.push_back(records[i]);
      if (from == to || !CheckEnds(records[from], day, before).ok() ||
          !CheckGoesOn(records[to], day).ok())
        continue;
      *records[from].mutable_closing_date() = ToDate(day);
      successors[from].push_back(to);
      predecessors[to].push_back(from);
      ++recorded;
    }
    for (size_t start = 0; start < 6; ++start) {
      std::set<size_t> reached;
      std::vector<size_t> next = successors[start];
      while (!next.empty()) {
        const size_t at = next.back();
        next.pop_back();
        if (reached.insert(at).second)
          next.insert(next.end(), successors[at].begin(), successors[at].end());
      }
      ASSERT_FALSE(reached.contains(start)) << "round " << round;
    }
  }
  EXPECT_GT(recorded, 500) << "too little was tried";
}

TEST(FillTest, FillsWhatIsOpenAndNamesWhatDiffers) {
  SchoolRecord declared, record = Named(1);
  declared.set_title("ECOLE");
  declared.set_region_code("44");
  declared.add_networks("cci");
  record.set_title("École");
  EXPECT_THAT(Fill(declared, record), ElementsAre("title"));
  EXPECT_EQ(record.title(), "École");
  EXPECT_EQ(record.region_code(), "44");
  EXPECT_THAT(record.networks(), ElementsAre("cci"));
  const std::string once = record.SerializeAsString();
  Fill(declared, record);
  EXPECT_EQ(record.SerializeAsString(), once) << "the same list again changes nothing";
}

TEST(FillTest, ARunningSchoolSpeaksForItself) {
  SchoolRecord declared, record = Named(1);
  declared.set_region_code("44");
  declared.add_networks("cci");
  declared.set_declared_closed(true);
  record.set_member("schools/france/members/metz");
  EXPECT_THAT(Fill(declared, record), IsEmpty());
  EXPECT_EQ(record.region_code(), "");
  EXPECT_FALSE(record.declared_closed());
  EXPECT_THAT(record.networks(), ElementsAre("cci"));
}

}  // namespace
}  // namespace vivier::statistics
