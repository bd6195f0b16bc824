// What may be uploaded and how a file goes from state to state: the only place where it is decided,
// but for what the bytes are (content.h). Pure functions; no clock, no storage. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "shared/security/caller.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

// Whether the caller sees all files of a person, since they may read the person's own data; sheets
// alone, as evidence; or only what they announced themselves.
enum class Sight { kAll, kSheets, kOwn };
Sight SightOf(const security::Caller& caller, absl::string_view school);

// INVALID_FIELD where who brings it brings sheets alone, since they do not see the person's other
// files; where the kind is not kept in that format (R-file-kinds), or the file's name has not the
// ending of its format.
absl::Status CheckFile(Sight sight, const v1::File& file, absl::CivilDay today);

// Whether the caller is told of the file.
bool Sees(const security::Caller& caller, absl::string_view school, const v1::File& file);

// INVALID_FIELD where the caller is not told which names are taken and gives one that could be.
absl::Status CheckId(Sight sight, const std::string& file_id);

// How many files there are.
struct Announced {
  int64_t rows_of_person = 0;       // of any state
  int64_t of_person = 0;            // that wait for their bytes, or have them
  int64_t uploading_of_person = 0;  // that wait; for who sees their own alone, of their own
  int64_t uploading_of_caller = 0;
};
// Adds a file of the person to them, as `caller` is told of it.
void CountIn(const v1::File& file, Sight sight, absl::string_view caller, int count,
             Announced& announced);

// What the caller may do about a bound that was met.
struct Remedy {
  Sight sight = Sight::kAll;
  bool deletes = false;
};
// FILES_FULL where one more would be too many for the person or the caller, or its bytes for the
// school.
absl::Status CheckRoom(const v1::File& file, const Announced& announced, const v1::FileUsage& usage,
                       const Remedy& remedy);
// The same for one that comes back: its bytes are there already.
absl::Status CheckRoomAgain(const Announced& announced, const Remedy& remedy);

// Whether it gives way to another one that has no room.
bool GivesWay(const v1::File& file, absl::Time now);

// REASON_NEEDED where who opens a paper of others' has to say why, and does not.
absl::Status CheckReason(Sight sight, const std::string& reason);

// Does the act, or WRONG_STATE. What follows from the state, its times and sizes, is set with it.
absl::Status MoveFile(absl::string_view act, absl::Time time, v1::File& file);

// What an upload asks for.
enum class Upload {
  kAppend,  // the next bytes
  kCompare  // bytes that stand there
};
// ABORTED with WRONG_OFFSET where neither, INVALID_FIELD where a piece would be left half,
// WRONG_STATE where nothing can be uploaded.
absl::StatusOr<Upload> CheckUpload(const v1::File& file, const v1::UploadFileChunkRequest& request);
absl::Status WrongOffset(const v1::File& file);

// WRONG_STATE unless it is READY, INVALID_FIELD where it has no byte at the offset.
absl::Status CheckDownload(const v1::File& file, int64_t offset);

}  // namespace vivier::enrolment
