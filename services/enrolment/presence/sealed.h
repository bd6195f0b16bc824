// What sheets and entries said when they were sealed, told from what they say now and from what
// each correction kept: the rows of presence as folds of their seals. Functions over a transaction,
// which belongs to its thread.
//
//   entry ── seal 1 ── correction 1 (what seal 1 said) ── correction 2 ── seal 2 ── entry now
//   the entry at seal r = what the first correction of revision r or later kept, else what it is
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "shared/storage/log/unit.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::enrolment {

// A sheet with all that stands below it: entries by name, corrections of each in their order, seals
// by revision.
struct SheetRows {
  v1::AttendanceSheet sheet;
  std::vector<v1::PresenceEntry> entries;
  std::vector<v1::PresenceCorrection> corrections;
  std::vector<v1::AttendanceSeal> seals;
};

// Every sheet of the school, one after the other, in the order of their names.
absl::Status EachSheet(storage::Transaction& transaction,
                       const std::function<void(const SheetRows&)>& each);

// The entries as seal `revision` of their sheet found them, but for their absences.
std::vector<v1::PresenceEntry> EntriesAt(const SheetRows& rows, int32_t revision);

// What is wrong with the sheet as a fold of its seals; "" where nothing is.
std::string UnlikeItsSeals(const SheetRows& rows);

}  // namespace vivier::enrolment
