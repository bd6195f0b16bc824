#include "services/enrolment/files/files.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/enrolment/files/chunks.h"
#include "services/enrolment/files/content.h"
#include "services/enrolment/files/limits.h"
#include "services/enrolment/files/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/storage/rows/filter.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::File;

namespace {

// The request for what follows the answer; false where nothing does.
bool GoOn(const v1::DownloadFileResponse& answer, v1::DownloadFileRequest& request) {
  request.set_offset(answer.offset() + static_cast<int64_t>(answer.data().size()));
  return request.offset() < answer.size();
}

absl::StatusOr<std::string> HashOf(ByteSource& source) {
  Sha256Sum sum;
  RETURN_IF_ERROR(EachPiece(source, 0, source.size(), [&sum](absl::string_view piece) {
    sum.Add(piece);
    return true;
  }));
  return Hex(sum.Finish());
}

bool IsUploading(const File& file) { return file.state() == File::UPLOADING; }

Remedy RemedyOf(const Call& call) {
  return {SightOf(call.caller(), call.school()),
          security::Allows(call.caller(), "files.delete", call.school())};
}

// Whether the bytes are the last ones.
bool IsLast(const File& file, const v1::UploadFileChunkRequest& request) {
  return request.offset() + static_cast<int64_t>(request.data().size()) == file.size();
}

// Whether the same bytes stand there already.
absl::StatusOr<bool> Stand(storage::Transaction& transaction, const File& file,
                           const v1::UploadFileChunkRequest& request) {
  StoredBytes stored(transaction, file);
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadBytes(stored, request.offset(), request.data().size()));
  return bytes == request.data();
}

}  // namespace

void Files::AddTo(rpc::Service& service) {
  service.Standard(files_)
      .On(*this, &Files::CreateFile)
      .OnSeen(*this, &Files::Judge, &Files::UploadFileChunk)
      .On(*this, &Files::GetFile)
      .On(*this, &Files::ListFiles)
      .Stream(*this, &Files::DownloadFile, &GoOn)
      .On(*this, &Files::DeleteFile)
      .On(*this, &Files::UndeleteFile)
      .Keeps(chunks_)
      .Keeps(usage_)
      .Tick(*this, &Files::Expire, files_, "expire_time");
}

absl::StatusOr<std::vector<File>> Files::FilesOf(Call& call, const std::string& candidate) {
  return files_.Select(call, "candidate = $2 ORDER BY name", {candidate});
}

absl::StatusOr<File> Files::Seen(Call& call, const std::string& name, const std::string& etag) {
  ASSIGN_OR_RETURN(std::optional<File> file, files_.Find(call, name));
  if (!file.has_value() || !Sees(call.caller(), call.school(), *file))
    return rpc::Missing(call, name);
  RETURN_IF_ERROR(files_.schema().CheckEtag(*file, etag));
  return *std::move(file);
}

absl::StatusOr<File> Files::CreateFile(Call& call, const v1::CreateFileRequest& request) {
  ASSIGN_OR_RETURN(const v1::Candidate candidate, people_.candidates().Get(call, request.parent()));
  RETURN_IF_ERROR(people_.CheckNotErased(call, candidate.name()));
  File file = request.file();
  file.set_name(absl::StrCat(request.parent(), "/files/", request.file_id()));
  file.set_candidate(candidate.name());
  file.set_announced_by(call.caller().subject);
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  const Sight sight = SightOf(call.caller(), call.school());
  RETURN_IF_ERROR(CheckFile(sight, file, today));
  RETURN_IF_ERROR(CheckId(sight, request.file_id()));
  ASSIGN_OR_RETURN(std::vector<File> known, FilesOf(call, candidate.name()));
  for (const File& other : known)
    if (other.name() == file.name() ||
        (other.sha256() == file.sha256() && other.state() != File::REFUSED &&
         Sees(call.caller(), call.school(), other)))
      return AlreadyExists(other.name());
  RETURN_IF_ERROR(MakeRoom(call, file, std::move(known)));
  RETURN_IF_ERROR(MoveFile("CreateFile", call.time(), file));
  RETURN_IF_ERROR(Count(call, 1, file.size(), file.size()));
  RETURN_IF_ERROR(files_.Insert(call, file));
  return file;
}

// What was left behind is looked for where there is no room alone; all of it goes, or nothing.
absl::Status Files::MakeRoom(Call& call, const File& file, std::vector<File> known) {
  constexpr char kOfCaller[] = "announced_by = $2 AND state = 'UPLOADING'";
  const std::string& caller = file.announced_by();
  ASSIGN_OR_RETURN(const int64_t of_caller,
                   files_.Count(call, kOfCaller, {caller}, kUploadingPerCallerMax));
  const Remedy remedy = RemedyOf(call);
  Announced announced;
  announced.uploading_of_caller = of_caller;
  for (const File& other : known) CountIn(other, remedy.sight, caller, 1, announced);
  ASSIGN_OR_RETURN(v1::FileUsage usage, UsageOf(call));
  if (CheckRoom(file, announced, usage, remedy).ok()) return absl::OkStatus();
  const int64_t due = absl::ToUnixMicros(call.time() - kGivesWayAfter + kUnfinishedKept);
  ASSIGN_OR_RETURN(const std::vector<File> callers,
                   files_.FirstOf(call, kGivesWayMax,
                                  absl::StrCat(kOfCaller, " AND expire_time <= $3 ORDER BY name"),
                                  {caller, due}));
  ASSIGN_OR_RETURN(const std::vector<File> schools,
                   files_.FirstOf(call, kGivesWayMax,
                                  "expire_time <= $2 AND state = 'UPLOADING' ORDER BY expire_time, "
                                  "name",
                                  {due}));
  std::map<std::string, File> left;
  for (const std::vector<File>* some : {&std::as_const(known), &callers, &schools})
    for (const File& other : *some)
      if (GivesWay(other, call.time())) left.insert({other.name(), other});
  std::vector<File> gone;
  for (const auto& [name, other] : left) {
    if (other.candidate() == file.candidate()) CountIn(other, remedy.sight, caller, -1, announced);
    announced.uploading_of_caller -= other.announced_by() == caller ? 1 : 0;
    gone.push_back(other);
  }
  RETURN_IF_ERROR(Remove(call, gone));
  ASSIGN_OR_RETURN(usage, UsageOf(call));
  return CheckRoom(file, announced, usage, remedy);
}

// The whole is read twice, once for its hash: office documents are read from their end.
absl::StatusOr<Files::Judgement> Files::Judge(Call& call,
                                              const v1::UploadFileChunkRequest& request) {
  ASSIGN_OR_RETURN(const File file, Seen(call, request.name()));
  ASSIGN_OR_RETURN(const Upload upload, CheckUpload(file, request));
  if (upload != Upload::kAppend || !IsLast(file, request)) return Judgement();
  StoredBytes whole(call.unit().transaction(), file, request.data());
  ASSIGN_OR_RETURN(const std::string hash, HashOf(whole));
  if (hash != file.sha256()) return Judgement{file.etag(), File::WRONG_HASH};
  ASSIGN_OR_RETURN(const File::Refusal refusal, JudgeContent(file.format(), whole));
  return Judgement{file.etag(), refusal};
}

absl::StatusOr<v1::UploadFileChunkResponse> Files::UploadFileChunk(
    Call& call, const v1::UploadFileChunkRequest& request, const Judgement& judgement) {
  ASSIGN_OR_RETURN(File file, Seen(call, request.name()));
  ASSIGN_OR_RETURN(const Upload upload, CheckUpload(file, request));
  if (upload == Upload::kAppend) {
    RETURN_IF_ERROR(Append(call, request, judgement, file));
  } else {
    ASSIGN_OR_RETURN(const bool stand, Stand(call.unit().transaction(), file, request));
    if (!stand) return WrongOffset(file);
  }
  v1::UploadFileChunkResponse response;
  response.set_name(file.name());
  response.set_committed_size(file.committed_size());
  response.set_state(file.state());
  response.set_refusal(file.refusal());
  return response;
}

// Bytes that came after the whole was judged make that it is judged again, here.
absl::Status Files::Append(Call& call, const v1::UploadFileChunkRequest& request,
                           const Judgement& judgement, File& file) {
  const int64_t offset = file.committed_size();
  if (!IsLast(file, request)) {
    file.set_committed_size(offset + static_cast<int64_t>(request.data().size()));
  } else if (judgement.etag == file.etag()) {
    RETURN_IF_ERROR(Finish(call, judgement.refusal, file));
  } else {
    ASSIGN_OR_RETURN(const Judgement anew, Judge(call, request));
    RETURN_IF_ERROR(Finish(call, anew.refusal, file));
  }
  if (file.state() != File::REFUSED)
    RETURN_IF_ERROR(AppendChunks(call.unit(), file, offset, request.data()));
  return files_.Update(call, file);
}

absl::Status Files::Finish(Call& call, File::Refusal refusal, File& file) {
  if (refusal == File::REFUSAL_UNSPECIFIED) {
    file.set_committed_size(file.size());
    RETURN_IF_ERROR(MoveFile("Accept", call.time(), file));
    return Count(call, 0, 0, -file.size());
  }
  file.set_refusal(refusal);
  DeleteChunks(call.unit(), file.name());
  RETURN_IF_ERROR(MoveFile("Refuse", call.time(), file));
  return Count(call, 0, -file.size(), -file.size());
}

absl::StatusOr<File> Files::GetFile(Call& call, const v1::GetFileRequest& request) {
  return Seen(call, request.name());
}

// A page is as long as its rows of all kinds: which kind a file is of is encrypted.
absl::StatusOr<v1::ListFilesResponse> Files::ListFiles(Call& call,
                                                       const v1::ListFilesRequest& request) {
  const storage::Schema& schema = files_.schema();
  RETURN_IF_ERROR(storage::ParseFilter(schema, request.filter(), storage::Order()).status());
  v1::ListFilesResponse response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   call.unit().List(schema,
                                    {request.parent(), request.page_size(), request.page_token(),
                                     request.filter(), ""},
                                    [&](const google::protobuf::Message& row) {
                                      const File& file = static_cast<const File&>(row);
                                      if (Sees(call.caller(), call.school(), file))
                                        *response.add_files() = file;
                                    }));
  return response;
}

// One message of the stream; GoOn asks for the next one.
absl::StatusOr<v1::DownloadFileResponse> Files::DownloadFile(
    Call& call, const v1::DownloadFileRequest& request) {
  ASSIGN_OR_RETURN(const File file, Seen(call, request.name()));
  RETURN_IF_ERROR(CheckReason(SightOf(call.caller(), call.school()), call.reason()));
  RETURN_IF_ERROR(CheckDownload(file, request.offset()));
  StoredBytes stored(call.unit().transaction(), file);
  v1::DownloadFileResponse response;
  response.set_offset(request.offset());
  response.set_size(file.size());
  // From where a resumed one began to the end of a piece: the next ones begin with theirs.
  const int64_t full = request.offset() + kDownloadBytesMax;
  const int64_t end = std::min(file.size(), full - full % kPieceBytes);
  RETURN_IF_ERROR(EachPiece(stored, request.offset(), end, [&response](absl::string_view piece) {
    response.mutable_data()->append(piece.data(), piece.size());
    return true;
  }));
  return response;
}

absl::StatusOr<google::protobuf::Empty> Files::DeleteFile(Call& call,
                                                          const v1::DeleteFileRequest& request) {
  ASSIGN_OR_RETURN(File file, Seen(call, request.name(), request.etag()));
  if (file.state() == File::UPLOADING || file.state() == File::REFUSED) {
    RETURN_IF_ERROR(Remove(call, {file}));
  } else {
    RETURN_IF_ERROR(MoveFile("DeleteFile", call.time(), file));
    RETURN_IF_ERROR(files_.Update(call, file));
  }
  return google::protobuf::Empty();
}

absl::StatusOr<File> Files::UndeleteFile(Call& call, const v1::UndeleteFileRequest& request) {
  ASSIGN_OR_RETURN(File file, Seen(call, request.name(), request.etag()));
  RETURN_IF_ERROR(MoveFile("UndeleteFile", call.time(), file));
  ASSIGN_OR_RETURN(const std::vector<File> known, FilesOf(call, file.candidate()));
  const Remedy remedy = RemedyOf(call);
  Announced announced;
  for (const File& other : known) CountIn(other, remedy.sight, call.caller().subject, 1, announced);
  RETURN_IF_ERROR(CheckRoomAgain(announced, remedy));
  RETURN_IF_ERROR(files_.Update(call, file));
  return file;
}

absl::Status Files::Expire(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const File file, files_.Get(call, name));
  if (!file.has_expire_time() || ToTime(file.expire_time()) > call.time()) return absl::OkStatus();
  return Remove(call, {file});
}

absl::Status Files::ForgetPerson(Call& call, const v1::PersonErased& event) {
  ASSIGN_OR_RETURN(const std::vector<File> files, FilesOf(call, event.candidate()));
  return Remove(call, files);
}

absl::Status Files::Remove(Call& call, const std::vector<File>& files) {
  int64_t bytes = 0, uploading_bytes = 0;
  for (const File& file : files) {
    if (file.state() != File::REFUSED) bytes += file.size();
    if (IsUploading(file)) uploading_bytes += file.size();
    DeleteChunks(call.unit(), file.name());
    RETURN_IF_ERROR(files_.Delete(call, file.name()));
  }
  return files.empty() ? absl::OkStatus()
                       : Count(call, -static_cast<int64_t>(files.size()), -bytes, -uploading_bytes);
}

absl::StatusOr<v1::FileUsage> Files::UsageOf(Call& call) {
  const std::string name = absl::StrCat("schools/", call.school(), "/fileUsages/all");
  ASSIGN_OR_RETURN(std::optional<v1::FileUsage> known, usage_.Find(call, name));
  if (known.has_value()) return *std::move(known);
  v1::FileUsage none;
  none.set_name(name);
  return none;
}

absl::Status Files::Count(Call& call, int64_t files, int64_t bytes, int64_t uploading_bytes) {
  ASSIGN_OR_RETURN(v1::FileUsage usage, UsageOf(call));
  usage.set_files(usage.files() + files);
  usage.set_bytes(usage.bytes() + bytes);
  usage.set_uploading_bytes(usage.uploading_bytes() + uploading_bytes);
  return usage.etag().empty() ? usage_.Insert(call, usage) : usage_.Update(call, usage);
}

}  // namespace vivier::enrolment
