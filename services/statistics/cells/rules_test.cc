// Cells against a recount: whatever comes, in whatever order logs are followed, the cells are those
// of the newest facts.
#include "services/statistics/cells/rules.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier::statistics {
namespace {

using enrolment::v1::LearnerLeft;
using enrolment::v1::PersonClasses;

constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";

using Cells = std::map<std::string, int64_t>;
void Add(const Changes& changes, Cells& cells) {
  for (const Change& change : changes) {
    const TableDefinition* table = FindTable(change.cell.table);
    ASSERT_NE(table, nullptr) << change.cell.table;
    EXPECT_TRUE(FitsTable(*table, change.cell.values)) << CellId(change);
    EXPECT_EQ(table->by_cohort, !change.cohort.empty());
    if ((cells[CellId(change)] += change.delta) == 0) cells.erase(CellId(change));
  }
}

PersonClasses Classes(std::mt19937_64& random) {
  PersonClasses classes;
  classes.set_gender(static_cast<PersonClasses::Gender>(random() % 4));
  classes.set_age_band(static_cast<PersonClasses::AgeBand>(random() % 4));
  classes.set_education_level(static_cast<int>(random() % 10));
  classes.set_region_code(random() % 5 == 0 ? "a place" : "44");
  return classes;
}

TEST(TablesTest, AreSmallSortedAndHaveAPurpose) {
  std::string last;
  for (const TableDefinition& table : DeclaredTables()) {
    EXPECT_LT(last, table.id);
    last = table.id;
    EXPECT_LE(table.dimensions.size() + (table.by_cohort ? 1 : 0), 3u) << table.id;
    EXPECT_FALSE(table.purpose.empty()) << table.id;
    EXPECT_EQ(FindTable(table.divides) == nullptr, table.divides.empty()) << table.id;
  }
}

TEST(LearnerTest, MovesToTheStateOfItsCause) {
  struct Row {
    LearnerLeft::Cause cause;
    const char* state;
  };
  const Row rows[] = {
      {LearnerLeft::JOB, "left-for-job"},   {LearnerLeft::OTHER_TRAINING, "left-for-training"},
      {LearnerLeft::HEALTH, "dropped-out"}, {LearnerLeft::EXCLUSION, "dropped-out"},
      {LearnerLeft::MOVED, "dropped-out"},  {LearnerLeft::OTHER, "dropped-out"},
      {LearnerLeft::NO_SHOW, "no-show"},    {LearnerLeft::CAUSE_UNSPECIFIED, "dropped-out"}};
  for (const Row& row : rows) {
    v1::LearnerFact fact;
    enrolment::v1::LearnerEnrolled enrolled;
    enrolled.set_cohort(kCohort);
    Cells cells;
    Add(Enrol(enrolled, fact), cells);
    LearnerLeft left;
    left.set_cause(row.cause);
    Add(Leave(left, fact), cells);
    EXPECT_EQ(cells.size(), 5u);
    EXPECT_EQ(cells[absl::StrCat("learners.ai-1.", row.state)], 1) << row.state;
    EXPECT_EQ(cells[absl::StrCat("learners-by-gender.ai-1.", row.state, ".unknown")], 1);
  }
}

TEST(SeatTest, CountsWhileFundedAndNotReleasedInAnyOrder) {
  for (bool release_first : {false, true}) {
    for (bool left : {false, true}) {
      v1::SeatFact fact;
      funding::v1::SeatFunded funded;
      funded.set_cohort(kCohort);
      enrolment::v1::SeatReleased released;
      released.set_cohort(kCohort);
      released.set_cause(left ? enrolment::v1::SeatReleased::LEFT
                              : enrolment::v1::SeatReleased::DECLINED);
      Cells cells;
      if (release_first) Add(Release(released, fact), cells);
      Add(Fund(funded, fact), cells);
      if (!release_first) Add(Release(released, fact), cells);
      EXPECT_EQ(cells["seats.ai-1.funded"], left ? 1 : 0);
    }
  }
}

TEST(SheetTest, ARevisionReplacesTheOneBeforeAndAnOldOneIsIgnored) {
  std::mt19937_64 random(7);
  v1::SheetFact fact;
  Cells cells;
  for (int revision : {1, 2, 2, 5, 3}) {
    enrolment::v1::AttendanceSheetSealed event;
    event.set_cohort(kCohort);
    event.set_revision(revision);
    const int entries = 10 + revision;
    for (int i = 0; i < entries; ++i) {
      event.add_entries()->set_minutes_due(210);
      event.mutable_entries(i)->set_minutes_present(100 + revision);
    }
    Add(Seal(event, fact), cells);
  }
  EXPECT_EQ(cells["presence.ai-1.entries"], 15);
  EXPECT_EQ(cells["minutes.ai-1.due"], 15 * 210);
  EXPECT_EQ(cells["minutes.ai-1.present"], 15 * 105);
}

// Three logs, each in its own order, interleaved at random in two ways: the same cells, equal to a
// recount at the end.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 30; ++i) {
      const std::string learner = absl::StrCat(kCohort, "/learners/l", i);
      enrolment::v1::LearnerEnrolled enrolled;
      enrolled.set_learner(learner);
      enrolled.set_cohort(kCohort);
      *enrolled.mutable_classes() = Classes(random_);
      enrolled_.push_back(enrolled);
      const int causes = static_cast<int>(random_() % 9);
      last_cause_.push_back(causes > 7 ? -1 : causes);
      for (int months : {3, 6})
        for (uint64_t n = random_() % 3; n > 0; --n)
          outcomes_.push_back({i, months, static_cast<int>(random_() % 6 + 1)});
      for (uint64_t n = random_() % 3; n > 0; --n)
        certificates_.push_back({i, 0, static_cast<int>(random_() % 3 + 1)});
    }
  }

  Cells Play(uint64_t order_seed) const {
    std::mt19937_64 order(order_seed);
    Cells cells;
    std::map<int, v1::LearnerFact> learners;
    std::map<std::string, v1::LearnerResult> results;
    size_t enrolled = 0, left = 0, outcome = 0, certificate = 0;
    while (enrolled + left + outcome + certificate <
           enrolled_.size() * 2 + outcomes_.size() + certificates_.size()) {
      switch (order() % 4) {
        case 0:
          if (enrolled < enrolled_.size()) {
            Add(Enrol(enrolled_[enrolled], learners[static_cast<int>(enrolled)]), cells);
            ++enrolled;
          }
          break;
        case 1:
          if (left < enrolled) {
            if (last_cause_[left] >= 0) {
              LearnerLeft event;
              event.set_cause(static_cast<LearnerLeft::Cause>(last_cause_[left]));
              Add(Leave(event, learners[static_cast<int>(left)]), cells);
            } else {
              Add(Finish(enrolment::v1::LearnerFinished(), learners[static_cast<int>(left)]),
                  cells);
            }
            ++left;
          }
          break;
        case 2:
          if (outcome < outcomes_.size()) {
            const Result& r = outcomes_[outcome++];
            enrolment::v1::OutcomeRecorded event;
            event.set_cohort(kCohort);
            event.set_months_after(r.months);
            event.set_situation(static_cast<enrolment::v1::OutcomeRecorded::Situation>(r.value));
            Add(Outcome(event, results[absl::StrCat(r.learner, ".", r.months)]), cells);
          }
          break;
        default:
          if (certificate < certificates_.size()) {
            const Result& r = certificates_[certificate++];
            curriculum::v1::CertificateAwarded event;
            event.set_cohort(kCohort);
            event.set_result(static_cast<curriculum::v1::CertificateAwarded::Result>(r.value));
            Add(Certify(event, results[absl::StrCat(r.learner, ".certificate")]), cells);
          }
      }
    }
    return cells;
  }

  // Number of learners with each newest outcome, counted without any delta.
  int64_t NewestOutcomes(int months, int situation) const {
    std::map<int, int> newest;
    for (const Result& r : outcomes_)
      if (r.months == months) newest[r.learner] = r.value;
    return std::count_if(newest.begin(), newest.end(),
                         [&](const auto& entry) { return entry.second == situation; });
  }
  int64_t Finished() const { return std::count(last_cause_.begin(), last_cause_.end(), -1); }

 private:
  struct Result {
    int learner, months, value;
  };
  std::mt19937_64 random_;
  std::vector<enrolment::v1::LearnerEnrolled> enrolled_;
  std::vector<int> last_cause_;
  std::vector<Result> outcomes_, certificates_;
};

TEST(CellsTest, EqualARecountInWhateverOrderLogsAreFollowed) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const History history(seed);
    Cells cells = history.Play(seed * 2);
    ASSERT_EQ(cells, history.Play(seed * 2 + 1)) << "seed " << seed;
    ASSERT_EQ(cells["learners.ai-1.finished"], history.Finished());
    ASSERT_EQ(cells["outcomes.ai-1.6.seeking"],
              history.NewestOutcomes(6, enrolment::v1::OutcomeRecorded::SEEKING));
    ASSERT_EQ(cells["outcomes.ai-1.3.employed"],
              history.NewestOutcomes(3, enrolment::v1::OutcomeRecorded::EMPLOYED));
    int64_t learners = 0, by_gender = 0;
    for (const auto& [id, count] : cells) {
      ASSERT_GE(count, 0) << id;
      if (id.rfind("learners.", 0) == 0) learners += count;
      if (id.rfind("learners-by-gender.", 0) == 0) by_gender += count;
    }
    ASSERT_EQ(learners, 30);
    ASSERT_EQ(by_gender, 30);
  }
}

}  // namespace
}  // namespace vivier::statistics
