// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/enrolment/presence/transitions.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/presence/rules.h"
#include "tests/support/state_diagram.h"

namespace vivier::enrolment {
namespace {

using v1::AttendanceSheet;

std::set<std::string> Rows() {
  return testing::RowsOf(kAttendanceSheetTransitions,
                         [](auto state) { return AttendanceSheet::State_Name(state); });
}

TEST(Transitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/enrolment/presence/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "AttendanceSheet"), Rows());
}

TEST(Transitions, TheRulesMoveSheetsAsTheRowsSay) {
  std::set<std::string> done = {"new OpenAttendanceSheet OPEN"};
  for (int number = 1; number < AttendanceSheet::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<AttendanceSheet::State>(number);
    AttendanceSheet sheet;
    sheet.set_state(state);
    sheet.mutable_trainer_sign_time();
    v1::PresenceEntry entry;
    entry.set_minutes_due(210);
    const auto keep = [&](bool may, const char* act, AttendanceSheet::State to) {
      if (may)
        done.insert(absl::StrCat(AttendanceSheet::State_Name(state), " ", act, " ",
                                 AttendanceSheet::State_Name(to)));
    };
    v1::PresenceEntry signs = entry, absent = entry, corrected = entry;
    keep(Sign(sheet, 0, absl::UnixEpoch(), signs).ok(), "SignPresence", state);
    keep(SayAbsent(sheet, v1::PresenceEntry::UNEXCUSED, absent).ok(), "RecordAbsence", state);
    keep(CheckOpen(sheet).ok(), "SignAttendanceSheet", state);
    keep(CheckSeal(sheet, {}).ok(), "SealAttendanceSheet", AttendanceSheet::SEALED);
    keep(Correct(sheet, 210, v1::PresenceEntry::ABSENCE_UNSPECIFIED, corrected).ok(),
         "CorrectPresence", AttendanceSheet::CORRECTING);
  }
  EXPECT_EQ(done, Rows());
}

}  // namespace
}  // namespace vivier::enrolment
