// Files of persons: announced, uploaded piece by piece, judged, kept with the person's key, sent as
// a stream, and gone with the person. Stateless besides its tables, hence thread-safe.
//
//   rules.h     what may be announced; the states        content.h   what bytes may be kept
//   chunks.h    how the bytes are stored                 limits.h    how many
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/people/people.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

class Files {
 public:
  explicit Files(People& people) : people_(people) {}

  // Puts its rpcs and ticks into the service.
  void AddTo(rpc::Service& service);

  // Answers to a hook: the person's files are gone.
  absl::Status ForgetPerson(rpc::Call& call, const v1::PersonErased& event);

 private:
  absl::StatusOr<v1::File> CreateFile(rpc::Call& call, const v1::CreateFileRequest& request);
  // What the whole was found to be, as long as no bytes have come since.
  struct Judgement {
    std::string etag;  // of the file; "" where nothing was judged
    v1::File::Refusal refusal = v1::File::REFUSAL_UNSPECIFIED;
  };
  absl::StatusOr<Judgement> Judge(rpc::Call& call, const v1::UploadFileChunkRequest& request);
  absl::StatusOr<v1::UploadFileChunkResponse> UploadFileChunk(
      rpc::Call& call, const v1::UploadFileChunkRequest& request, const Judgement& judgement);
  absl::StatusOr<v1::File> GetFile(rpc::Call& call, const v1::GetFileRequest& request);
  absl::StatusOr<v1::ListFilesResponse> ListFiles(rpc::Call& call,
                                                  const v1::ListFilesRequest& request);
  absl::StatusOr<v1::DownloadFileResponse> DownloadFile(rpc::Call& call,
                                                        const v1::DownloadFileRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteFile(rpc::Call& call,
                                                     const v1::DeleteFileRequest& request);
  absl::StatusOr<v1::File> UndeleteFile(rpc::Call& call, const v1::UndeleteFileRequest& request);
  absl::Status Expire(rpc::Call& call, const std::string& name);

  absl::StatusOr<std::vector<v1::File>> FilesOf(rpc::Call& call, const std::string& candidate);
  // NOT_FOUND for a file of which the caller is not told.
  absl::StatusOr<v1::File> Seen(rpc::Call& call, const std::string& name,
                                const std::string& etag = "");
  // Makes room by what was announced and left behind; FILES_FULL where that is not enough.
  absl::Status MakeRoom(rpc::Call& call, const v1::File& file, std::vector<v1::File> known);
  absl::Status Append(rpc::Call& call, const v1::UploadFileChunkRequest& request,
                      const Judgement& judgement, v1::File& file);
  absl::Status Finish(rpc::Call& call, v1::File::Refusal refusal, v1::File& file);
  // Takes row and bytes away.
  absl::Status Remove(rpc::Call& call, const std::vector<v1::File>& files);
  absl::StatusOr<v1::FileUsage> UsageOf(rpc::Call& call);
  // What changes with a file: all of it, and what of it waits for its bytes.
  absl::Status Count(rpc::Call& call, int64_t files, int64_t bytes, int64_t uploading_bytes);

  People& people_;
  storage::Table<v1::File> files_;
  storage::Table<v1::FileChunk> chunks_;
  storage::Table<v1::FileUsage> usage_;
};

}  // namespace vivier::enrolment
