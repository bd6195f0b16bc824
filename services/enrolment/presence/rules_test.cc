#include "services/enrolment/presence/rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using v1::AttendanceSheet;
using v1::PresenceEntry;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

AttendanceSheet SheetOf(AttendanceSheet::State state) {
  AttendanceSheet sheet;
  sheet.set_name("schools/nancy/cohorts/ai-1/attendanceSheets/2027-03-01-am");
  *sheet.mutable_date() = ToDate(absl::CivilDay(2027, 3, 1));
  sheet.set_half(AttendanceSheet::AM);
  sheet.set_start_minute(540);
  sheet.set_end_minute(750);
  sheet.set_state(state);
  return sheet;
}

PresenceEntry EntryOf(int32_t present, PresenceEntry::Absence absence) {
  PresenceEntry entry;
  entry.set_name("schools/nancy/cohorts/ai-1/attendanceSheets/2027-03-01-am/presenceEntries/a-1");
  entry.set_minutes_due(210);
  entry.set_minutes_present(present);
  entry.set_absence(absence);
  return entry;
}

TEST(CheckSheet, FollowsTheTable) {
  struct Row {
    v1::Cohort::State state;
    absl::CivilDay day;
    int32_t start, end;
    std::string reason;
  };
  const absl::CivilDay first(2027, 3, 1), last(2027, 9, 30);
  const Row rows[] = {{v1::Cohort::RUNNING, first, 540, 750, ""},
                      {v1::Cohort::RUNNING, last, 540, 750, ""},
                      {v1::Cohort::RUNNING, first - 1, 540, 750, "WRONG_DATE"},
                      {v1::Cohort::RUNNING, last + 1, 540, 750, "WRONG_DATE"},
                      {v1::Cohort::RUNNING, first, 750, 750, "INVALID_FIELD"},
                      {v1::Cohort::OPEN, first, 540, 750, "WRONG_STATE"},
                      {v1::Cohort::FINISHED, last, 540, 750, "WRONG_STATE"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    v1::Cohort cohort;
    cohort.set_state(row.state);
    *cohort.mutable_start_date() = ToDate(first);
    *cohort.mutable_end_date() = ToDate(last);
    AttendanceSheet sheet = SheetOf(AttendanceSheet::STATE_UNSPECIFIED);
    *sheet.mutable_date() = ToDate(row.day);
    sheet.set_start_minute(row.start);
    sheet.set_end_minute(row.end);
    EXPECT_EQ(ReasonOf(CheckSheet(cohort, sheet)), row.reason);
  }
  EXPECT_EQ(SheetId(SheetOf(AttendanceSheet::OPEN)), "2027-03-01-am");
}

TEST(Sign, FollowsTheTable) {
  struct Row {
    AttendanceSheet::State state;
    int32_t minutes, present;
    std::string reason;
  };
  const Row rows[] = {{AttendanceSheet::OPEN, 0, 210, ""},
                      {AttendanceSheet::OPEN, 200, 200, ""},
                      {AttendanceSheet::OPEN, 211, 0, "WRONG_MINUTES"},
                      {AttendanceSheet::SEALED, 0, 0, "SHEET_SEALED"},
                      {AttendanceSheet::CORRECTING, 0, 0, "SHEET_SEALED"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    PresenceEntry entry = EntryOf(0, PresenceEntry::ABSENCE_UNSPECIFIED);
    EXPECT_EQ(ReasonOf(Sign(SheetOf(row.state), row.minutes, kNow, entry)), row.reason);
    EXPECT_EQ(entry.minutes_present(), row.present);
    EXPECT_EQ(entry.has_learner_sign_time(), row.reason.empty());
  }
}

TEST(SayAbsent, NeedsMissingMinutesAndASignatureTakesItBack) {
  const AttendanceSheet sheet = SheetOf(AttendanceSheet::OPEN);
  PresenceEntry entry = EntryOf(0, PresenceEntry::ABSENCE_UNSPECIFIED);
  ASSERT_TRUE(SayAbsent(sheet, PresenceEntry::EXCUSED, entry).ok());
  EXPECT_EQ(entry.absence(), PresenceEntry::EXCUSED);
  ASSERT_TRUE(Sign(sheet, 0, kNow, entry).ok());
  EXPECT_EQ(entry.absence(), PresenceEntry::ABSENCE_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(SayAbsent(sheet, PresenceEntry::UNEXCUSED, entry)), "WRONG_MINUTES");
}

TEST(Correct, FollowsTheTable) {
  struct Row {
    AttendanceSheet::State state;
    int32_t minutes;
    PresenceEntry::Absence absence;
    std::string reason;
  };
  const Row rows[] = {
      {AttendanceSheet::SEALED, 210, PresenceEntry::ABSENCE_UNSPECIFIED, ""},
      {AttendanceSheet::CORRECTING, 0, PresenceEntry::EXCUSED, ""},
      {AttendanceSheet::OPEN, 210, PresenceEntry::ABSENCE_UNSPECIFIED, "SHEET_OPEN"},
      {AttendanceSheet::SEALED, 211, PresenceEntry::ABSENCE_UNSPECIFIED, "WRONG_MINUTES"},
      {AttendanceSheet::SEALED, 210, PresenceEntry::EXCUSED, "WRONG_MINUTES"},
      {AttendanceSheet::SEALED, 100, PresenceEntry::ABSENCE_UNSPECIFIED, "WRONG_MINUTES"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    PresenceEntry entry = EntryOf(120, PresenceEntry::UNEXCUSED);
    EXPECT_EQ(ReasonOf(Correct(SheetOf(row.state), row.minutes, row.absence, entry)), row.reason);
    EXPECT_EQ(entry.minutes_present(), row.reason.empty() ? row.minutes : 120);
    EXPECT_EQ(entry.corrections(), row.reason.empty() ? 1 : 0);
  }
}

TEST(CheckSeal, FollowsTheTable) {
  struct Row {
    AttendanceSheet::State state;
    bool signed_by_trainer;
    PresenceEntry entry;
    std::string reason;
  };
  const Row rows[] = {
      {AttendanceSheet::OPEN, true, EntryOf(210, PresenceEntry::ABSENCE_UNSPECIFIED), ""},
      {AttendanceSheet::CORRECTING, true, EntryOf(90, PresenceEntry::EXCUSED), ""},
      {AttendanceSheet::OPEN, false, EntryOf(210, PresenceEntry::ABSENCE_UNSPECIFIED),
       "NOT_SIGNED"},
      {AttendanceSheet::OPEN, true, EntryOf(0, PresenceEntry::ABSENCE_UNSPECIFIED),
       "ENTRY_MISSING"},
      {AttendanceSheet::SEALED, true, EntryOf(210, PresenceEntry::ABSENCE_UNSPECIFIED),
       "SHEET_SEALED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    AttendanceSheet sheet = SheetOf(row.state);
    if (row.signed_by_trainer) *sheet.mutable_trainer_sign_time() = ToTimestamp(kNow);
    EXPECT_EQ(ReasonOf(CheckSeal(sheet, {row.entry})), row.reason);
  }
}

std::vector<v1::AttendanceSeal> ChainOf(int length) {
  std::vector<v1::AttendanceSeal> chain;
  std::string previous;
  for (int i = 1; i <= length; ++i) {
    AttendanceSheet sheet = SheetOf(AttendanceSheet::SEALED);
    sheet.set_revision(i);
    v1::AttendanceSeal seal;
    seal.set_number(i);
    seal.set_content(
        SealContent(sheet, {EntryOf(210, PresenceEntry::ABSENCE_UNSPECIFIED)}, {"none"}));
    seal.set_hash(SealHash(previous, seal.content()));
    previous = seal.hash();
    chain.push_back(seal);
  }
  return chain;
}

TEST(Chain, IsUnbrokenUntilSomebodyTouchesIt) {
  std::vector<v1::AttendanceSeal> chain = ChainOf(4);
  EXPECT_EQ(FirstBrokenSeal(chain), 0);
  chain[2].set_content(chain[2].content() + " ");
  EXPECT_EQ(FirstBrokenSeal(chain), 3);
  // Hashing the changed link anew breaks the next one.
  chain[2].set_hash(SealHash(chain[1].hash(), chain[2].content()));
  EXPECT_EQ(FirstBrokenSeal(chain), 4);
  chain = ChainOf(4);
  chain.erase(chain.begin() + 1);
  EXPECT_EQ(FirstBrokenSeal(chain), 2);
}

TEST(SealContent, ChangesWithEveryFact) {
  const AttendanceSheet sheet = SheetOf(AttendanceSheet::SEALED);
  const PresenceEntry entry = EntryOf(200, PresenceEntry::EXCUSED);
  std::vector<std::string> contents = {SealContent(sheet, {entry}, {"hash"})};
  const auto sheet_with = [&](auto change) {
    AttendanceSheet changed = sheet;
    change(changed);
    contents.push_back(SealContent(changed, {entry}, {"hash"}));
  };
  const auto entry_with = [&](auto change) {
    PresenceEntry changed = entry;
    change(changed);
    contents.push_back(SealContent(sheet, {changed}, {"hash"}));
  };
  sheet_with([](AttendanceSheet& s) { s.set_revision(7); });
  sheet_with([](AttendanceSheet& s) { s.set_start_minute(541); });
  sheet_with([](AttendanceSheet& s) { s.set_end_minute(751); });
  sheet_with([](AttendanceSheet& s) { s.set_trainer("somebody"); });
  sheet_with([](AttendanceSheet& s) { s.set_place("here\tand\nthere"); });
  sheet_with([](AttendanceSheet& s) { *s.mutable_trainer_sign_time() = ToTimestamp(kNow); });
  entry_with([](PresenceEntry& e) { e.set_minutes_present(201); });
  entry_with([](PresenceEntry& e) { e.set_minutes_due(211); });
  contents.push_back(SealContent(sheet, {entry}, {"another hash"}));
  entry_with([](PresenceEntry& e) { *e.mutable_learner_sign_time() = ToTimestamp(kNow); });
  for (size_t i = 0; i < contents.size(); ++i) {
    EXPECT_EQ(std::count(contents[i].begin(), contents[i].end(), '\n'), 2) << i;
    for (size_t j = 0; j < i; ++j) EXPECT_NE(contents[i], contents[j]) << i << " and " << j;
  }
}

}  // namespace
}  // namespace vivier::enrolment
