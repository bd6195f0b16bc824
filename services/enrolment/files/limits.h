// Every bound of files, with its reason. Constants, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace vivier::enrolment {

// A phone's photograph takes 3 to 8 MiB, a scanned diploma less. Said in files.proto too.
inline constexpr int64_t kFileBytesMax = 10 << 20;
// What a row holds: readers of whole tables (backup, verify) take 500 rows at a time and count on
// no longer ones.
inline constexpr int64_t kPieceBytes = 64 << 10;
// What an upload brings at a time: ten calls for the longest file. A call holds it some five times
// on its way to the disk.
inline constexpr int64_t kUploadBytesMax = 1 << 20;
// What a download sends at a time, as much as a page of a list may have.
inline constexpr int64_t kDownloadBytesMax = 4 * kPieceBytes;

// A CV, a diploma or two, a sheet for some weeks of training on paper.
inline constexpr int64_t kFilesPerPersonMax = 20;
// Those that are deleted or were refused do not count among the twenty; of all together nobody
// makes a list that is long to read.
inline constexpr int64_t kFileRowsPerPersonMax = 100;
// A thousand persons with 20 MiB each; a backup copies it, and verify reads it.
inline constexpr int64_t kSchoolBytesMax = int64_t{20} << 30;

// What is announced and has not come reserves its room, so it is bounded by itself. A person sends
// a CV and some papers side by side.
inline constexpr int64_t kUploadingPerPersonMax = 5;
// Who works at the school photographs the sheets of a cohort of forty.
inline constexpr int64_t kUploadingPerCallerMax = 60;
// Two hundred of the longest at once: a tenth of the school's room at most is reserved by nobody's
// bytes.
inline constexpr int64_t kUploadingBytesMax = int64_t{2} << 30;
// The longest file takes less at 3 KiB a second. What waits for longer gives way to whoever has no
// room, so that nobody is kept out by uploads that were left behind.
inline constexpr absl::Duration kGivesWayAfter = absl::Hours(1);
// How many give way to one announcement: their bytes go in its transaction.
inline constexpr int kGivesWayMax = 20;

// Somebody whose connection broke in the evening goes on in the morning.
inline constexpr absl::Duration kUnfinishedKept = absl::Hours(24);
// Who sees in a month's end that a file is missing brings it back.
inline constexpr absl::Duration kDeletedKept = absl::Hours(30 * 24);

// What is expanded of a compressed document to look into it: twenty times what people write, and
// little for the thread that does it.
inline constexpr size_t kExpandedBytesMax = 32 << 20;
// Parts of a compressed document: a text with a hundred pictures has three hundred.
inline constexpr size_t kPartsMax = 1000;

}  // namespace vivier::enrolment
