#include "services/enrolment/files/rules.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/enrolment/files/limits.h"
#include "services/enrolment/files/transitions.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "shared/rules/enum.h"
#include "shared/security/roles.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {
namespace {

using v1::File;

const std::vector<absl::string_view>& EndingsOf(File::Format format) {
  static const auto& endings = *new std::vector<std::vector<absl::string_view>>{
      {},      {"pdf"},  {"jpg", "jpeg"}, {"png"}, {"webp"}, {"heic", "heif"},
      {"odt"}, {"docx"}, {"txt"},         {"csv"}};
  return endings[static_cast<size_t>(format)];
}

// What some system runs when it is opened: "cv.exe.pdf" is shown as "cv.exe" where the last ending
// is hidden.
bool IsRun(absl::string_view ending) {
  static constexpr absl::string_view kRun[] = {
      "app", "appimage", "bash", "bat", "cmd", "com", "command", "cpl", "deb",   "desktop", "dll",
      "dmg", "docm",     "dotm", "exe", "hta", "htm", "html",    "iso", "jar",   "js",      "jse",
      "lnk", "msc",      "msi",  "php", "pif", "pkg", "ps1",     "py",  "reg",   "rpm",     "scr",
      "sh",  "svg",      "url",  "vb",  "vbe", "vbs", "wsf",     "wsh", "xhtml", "xlsm"};
  return std::find(std::begin(kRun), std::end(kRun), ending) != std::end(kRun);
}

// What Windows opens instead of a file of that name, whatever its ending.
bool IsDevice(absl::string_view name) {
  static constexpr absl::string_view kDevices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
  if (std::find(std::begin(kDevices), std::end(kDevices), name) != std::end(kDevices)) return true;
  return name.size() == 4 && absl::ascii_isdigit(static_cast<unsigned char>(name[3])) &&
         (absl::StartsWith(name, "com") || absl::StartsWith(name, "lpt"));
}

// As it looks: letters and blanks of another width as those of ASCII (NFKC).
std::string Plain(const std::string& name) {
  utf8proc_uint8_t* plain = utf8proc_NFKC(reinterpret_cast<const utf8proc_uint8_t*>(name.c_str()));
  std::string out = plain == nullptr ? "" : reinterpret_cast<const char*>(plain);
  std::free(plain);
  return absl::AsciiStrToLower(out);
}

absl::Status CheckName(const File& file) {
  const std::string name = Plain(file.display_name());
  if (name.find_first_of("/\\:*?\"<>|") != name.npos)
    return InvalidField("file.display_name", "is a name, without a folder or a sign of systems");
  std::vector<absl::string_view> parts = absl::StrSplit(name, '.');
  const absl::string_view last = parts.back();
  for (absl::string_view& part : parts) part = absl::StripAsciiWhitespace(part);
  const std::vector<absl::string_view>& endings = EndingsOf(file.format());
  if (parts.size() < 2 || parts[0].empty() ||
      std::find(endings.begin(), endings.end(), last) == endings.end())
    return InvalidField(
        "file.display_name",
        absl::StrCat("does not end as a ", File::Format_Name(file.format()), " does"));
  if (IsDevice(parts[0]))
    return InvalidField("file.display_name", "begins with the name of a device of Windows");
  if (std::any_of(parts.begin() + 1, parts.end() - 1, IsRun))
    return InvalidField("file.display_name", "has the ending of a program before its last one");
  return absl::OkStatus();
}

absl::Status CheckKind(const File& file, absl::CivilDay today) {
  static const rules::Table& table = rules::Need("R-file-kinds");
  static const rules::Decision& decision = rules::Need(table, "formats");
  const rules::Facts facts = rules::Facts(table)
                                 .With("kind", rules::Named(file.kind()))
                                 .With("format", rules::Named(file.format()));
  const rules::Answer answer = rules::Decide(table, decision, facts, today);
  if (answer.Get("accepted") == rules::Value::Boolean(true)) return absl::OkStatus();
  return InvalidField("file.format", rules::Fill(answer, "message", facts, today));
}

absl::Status Full(const std::string& bound, absl::string_view remedy) {
  return Error(absl::StatusCode::kResourceExhausted, v1::Reason_Name(v1::FILES_FULL),
               absl::StrCat("there is room for ", bound, "; ", remedy), {{"bound", bound}});
}

// What waits gives way after an hour by itself (kGivesWayAfter).
constexpr absl::string_view kWhatWaits =
    "send what waits, or announce it again later: what has waited for an hour gives way";

absl::string_view ToDelete(const Remedy& remedy) {
  return remedy.deletes ? "delete what is needed no more"
                        : "who may delete files at the school has to make room";
}

absl::Status WrongStateOf(const File& file, absl::string_view message) {
  return Refused(v1::WRONG_STATE, message,
                 {{"resource", file.name()}, {"state", File::State_Name(file.state())}});
}

}  // namespace

absl::Status CheckFile(Sight sight, const File& file, absl::CivilDay today) {
  if (sight != Sight::kAll && file.kind() != File::PHOTOGRAPHED_SHEET)
    return InvalidField("file.kind",
                        "has to be PHOTOGRAPHED_SHEET of who does not see the person's files");
  RETURN_IF_ERROR(CheckKind(file, today));
  return CheckName(file);
}

Sight SightOf(const security::Caller& caller, absl::string_view school) {
  if (!security::Allows(caller, "files.list", school)) return Sight::kOwn;
  return security::Allows(caller, "candidates.get", school) ? Sight::kAll : Sight::kSheets;
}

bool Sees(const security::Caller& caller, absl::string_view school, const File& file) {
  if (file.announced_by() == caller.subject) return true;
  const Sight sight = SightOf(caller, school);
  return sight == Sight::kAll ||
         (sight == Sight::kSheets && file.kind() == File::PHOTOGRAPHED_SHEET);
}

absl::Status CheckId(Sight sight, const std::string& file_id) {
  if (sight == Sight::kAll || IsUuid(file_id)) return absl::OkStatus();
  return InvalidField("file_id", "has to be a UUID of who does not see the person's files");
}

void CountIn(const File& file, Sight sight, absl::string_view caller, int count,
             Announced& announced) {
  announced.rows_of_person += count;
  if (file.state() == File::UPLOADING || file.state() == File::READY) announced.of_person += count;
  if (file.state() == File::UPLOADING && (sight != Sight::kOwn || file.announced_by() == caller))
    announced.uploading_of_person += count;
}

absl::Status CheckRoomAgain(const Announced& announced, const Remedy& remedy) {
  if (announced.of_person < kFilesPerPersonMax) return absl::OkStatus();
  return Full(absl::StrCat(kFilesPerPersonMax, " files of a person"), ToDelete(remedy));
}

absl::Status CheckRoom(const File& file, const Announced& announced, const v1::FileUsage& usage,
                       const Remedy& remedy) {
  RETURN_IF_ERROR(CheckRoomAgain(announced, remedy));
  if (announced.rows_of_person >= kFileRowsPerPersonMax)
    return Full(absl::StrCat(kFileRowsPerPersonMax, " files of a person with refused and deleted"),
                "refused ones are gone after a day, deleted ones after 30");
  if (announced.uploading_of_person >= kUploadingPerPersonMax)
    return Full(absl::StrCat(kUploadingPerPersonMax, " announced files of a person"), kWhatWaits);
  if (announced.uploading_of_caller >= kUploadingPerCallerMax)
    return Full(absl::StrCat(kUploadingPerCallerMax, " announced files of a caller"), kWhatWaits);
  if (usage.uploading_bytes() + file.size() > kUploadingBytesMax)
    return Full(absl::StrCat(kUploadingBytesMax >> 30, " GiB of a school's announced files"),
                kWhatWaits);
  if (usage.bytes() + file.size() > kSchoolBytesMax)
    return Full(absl::StrCat(kSchoolBytesMax >> 30, " GiB of a school's files"),
                absl::StrCat(ToDelete(remedy), ": its bytes are gone 30 days later"));
  return absl::OkStatus();
}

bool GivesWay(const File& file, absl::Time now) {
  return file.state() == File::UPLOADING && ToTime(file.create_time()) + kGivesWayAfter <= now;
}

absl::Status CheckReason(Sight sight, const std::string& reason) {
  if (sight != Sight::kSheets || !reason.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, v1::Reason_Name(v1::REASON_NEEDED),
               "whoever opens a sheet as evidence says why, in the metadata vivier-reason");
}

absl::Status MoveFile(absl::string_view act, absl::Time time, File& file) {
  const std::optional<File::State> after = StateAfter(kFileTransitions, file.state(), act);
  if (!after.has_value())
    return WrongStateOf(
        file, absl::StrCat("a file that is ", File::State_Name(file.state()), " takes no ", act));
  file.set_state(*after);
  if (*after == File::UPLOADING) {
    *file.mutable_create_time() = ToTimestamp(time);
    *file.mutable_expire_time() = ToTimestamp(time + kUnfinishedKept);
  } else if (*after == File::READY) {
    file.clear_delete_time();
    file.clear_expire_time();
  } else if (*after == File::REFUSED) {
    file.set_committed_size(0);
  } else {
    *file.mutable_delete_time() = ToTimestamp(time);
    *file.mutable_expire_time() = ToTimestamp(time + kDeletedKept);
  }
  return absl::OkStatus();
}

absl::Status WrongOffset(const File& file) {
  return Error(
      absl::StatusCode::kAborted, v1::Reason_Name(v1::WRONG_OFFSET),
      absl::StrCat("the upload goes on at ", file.committed_size()),
      {{"resource", file.name()}, {"committed_size", absl::StrCat(file.committed_size())}});
}

absl::StatusOr<Upload> CheckUpload(const File& file, const v1::UploadFileChunkRequest& request) {
  const int64_t offset = request.offset();
  const int64_t end = offset + static_cast<int64_t>(request.data().size());
  if (file.state() != File::UPLOADING && file.state() != File::READY)
    return WrongStateOf(file, "the file takes no more bytes");
  if (end > file.size())
    return InvalidField("data",
                        absl::StrCat("goes beyond the ", file.size(), " bytes of the file"));
  if (offset % kPieceBytes != 0) return WrongOffset(file);
  if (end % kPieceBytes != 0 && end != file.size())
    return InvalidField("data", absl::StrCat("has to be a multiple of ", kPieceBytes,
                                             " bytes, but for the last ones"));
  if (end <= file.committed_size()) return Upload::kCompare;
  if (offset != file.committed_size()) return WrongOffset(file);
  return Upload::kAppend;
}

absl::Status CheckDownload(const File& file, int64_t offset) {
  if (file.state() != File::READY) return WrongStateOf(file, "only a READY file is sent");
  if (offset >= file.size())
    return InvalidField("offset", absl::StrCat("is not below the ", file.size(), " bytes"));
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
