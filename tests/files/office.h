// A school where files come and go: two candidates, and callers who upload and download through the
// public rpcs. Not thread-safe, except Send and Download.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "tests/support/client.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {

class FileOffice {
 public:
  explicit FileOffice(World& world) : world_(world) {
    for (const char* id : {"ada", "ben"}) Come(id);
  }

  // One candidate more.
  void Come(const std::string& id) {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id(id);
    request.mutable_candidate()->set_given_name(id);
    request.mutable_candidate()->set_family_name("Durand");
    const auto created = Insist([&] { return world_.Write<enrolment::v1::Candidate>(request); });
    EXPECT_TRUE(created.ok()) << created.status();
  }

  // Who is refused for load asks the same again.
  template <class Ask>
  static std::invoke_result_t<Ask> Insist(const Ask& ask) {
    auto answer = ask();
    while (ReasonOf(StatusOf(answer)) == "OVERLOADED") answer = ask();
    return answer;
  }

  static std::string Person(const std::string& id) {
    return absl::StrCat("schools/nancy/candidates/", id);
  }
  static std::string NameOf(const std::string& person, const std::string& id) {
    return absl::StrCat(Person(person), "/files/", id);
  }

  static enrolment::v1::CreateFileRequest Announcement(
      const std::string& person, const std::string& id, const std::string& bytes,
      enrolment::v1::File::Format format = enrolment::v1::File::JPEG,
      const std::string& display_name = "photo.jpg") {
    enrolment::v1::CreateFileRequest request;
    request.set_parent(Person(person));
    request.set_file_id(id);
    request.mutable_file()->set_kind(enrolment::v1::File::OTHER);
    request.mutable_file()->set_format(format);
    request.mutable_file()->set_display_name(display_name);
    request.mutable_file()->set_size(static_cast<int64_t>(bytes.size()));
    request.mutable_file()->set_sha256(Hex(Sha256(bytes)));
    return request;
  }

  absl::StatusOr<enrolment::v1::File> Announce(const enrolment::v1::CreateFileRequest& request) {
    return Insist([&] {
      return world_.Write<enrolment::v1::File>(request, World::Person("admissions_officer"));
    });
  }

  // The names of the person's files.
  std::vector<std::string> List(const std::string& person) {
    enrolment::v1::ListFilesRequest request;
    request.set_parent(Person(person));
    const auto listed = world_.Call<enrolment::v1::ListFilesResponse>(request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> names;
    for (const enrolment::v1::File& file : listed->files()) names.push_back(file.name());
    return names;
  }

  absl::StatusOr<enrolment::v1::UploadFileChunkResponse> Send(
      const std::string& name, const std::string& bytes, size_t offset, size_t count,
      const security::Caller& caller = World::Person("admissions_officer")) {
    enrolment::v1::UploadFileChunkRequest request;
    request.set_name(name);
    request.set_offset(static_cast<int64_t>(offset));
    request.set_data(bytes.substr(offset, count));
    request.set_request_id(RandomUuid());
    return world_.Call<enrolment::v1::UploadFileChunkResponse>(request, caller);
  }

  // All bytes from `offset` on, `count` at a time.
  absl::StatusOr<enrolment::v1::UploadFileChunkResponse> SendAll(const std::string& name,
                                                                 const std::string& bytes,
                                                                 size_t offset = 0,
                                                                 size_t count = 1 << 20) {
    absl::StatusOr<enrolment::v1::UploadFileChunkResponse> answer =
        absl::InvalidArgumentError("nothing to send");
    for (; offset < bytes.size(); offset += count) {
      answer = Insist([&] { return Send(name, bytes, offset, count); });
      if (!answer.ok()) break;
    }
    return answer;
  }

  // Announced and sent; fails the test where it is not READY.
  std::string Keep(const std::string& person, const std::string& id, const std::string& bytes) {
    const auto file = Announce(Announcement(person, id, bytes));
    EXPECT_TRUE(file.ok()) << file.status();
    const auto sent = SendAll(NameOf(person, id), bytes);
    EXPECT_TRUE(sent.ok() && sent->state() == enrolment::v1::File::READY) << sent.status();
    return NameOf(person, id);
  }

  absl::StatusOr<std::string> Download(
      const std::string& name, int64_t offset = 0,
      const security::Caller& caller = World::Person("admissions_officer"),
      const std::string& reason = "") {
    enrolment::v1::DownloadFileRequest request;
    request.set_name(name);
    request.set_offset(offset);
    BlockingStream stream(*world_.site().channel(), rpc::PathOf(Method()),
                          request.SerializeAsString(),
                          {absl::Seconds(30), world_.Authorization(caller), "", reason});
    std::string bytes;
    while (true) {
      const auto message = stream.Read();
      if (!message.ok()) return message.status();
      if (!message->has_value()) return bytes;
      enrolment::v1::DownloadFileResponse response;
      EXPECT_TRUE(response.ParseFromString(**message));
      EXPECT_EQ(response.offset(), offset + static_cast<int64_t>(bytes.size()));
      EXPECT_LE(response.data().size(), 256u << 10);
      bytes.reserve(response.size());  // once: a string that grows holds its bytes twice
      bytes += response.data();
    }
  }

  static const google::protobuf::MethodDescriptor& Method() {
    return *rpc::MethodTaking(*enrolment::v1::DownloadFileRequest::descriptor());
  }

  absl::StatusOr<enrolment::v1::File> Get(const std::string& name) {
    enrolment::v1::GetFileRequest request;
    request.set_name(name);
    return world_.Call<enrolment::v1::File>(request);
  }

  absl::Status Delete(const std::string& name) {
    enrolment::v1::DeleteFileRequest request;
    request.set_name(name);
    return Insist([&] { return world_.Write<google::protobuf::Empty>(request).status(); });
  }

  absl::Status Erase(const std::string& person) {
    enrolment::v1::EraseCandidateRequest request;
    request.set_name(Person(person));
    request.set_cause(enrolment::v1::REQUESTED);
    return Insist([&] { return world_.Write<enrolment::v1::Erasure>(request).status(); });
  }

  int64_t Number(const std::string& sql) {
    auto database = storage::Database::Open(world_.DatabaseUrl("enrolment"));
    auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
    const auto result = (*connection)->Query(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && !result->rows.empty() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }
  int64_t Chunks() { return Number("SELECT COUNT(*) FROM file_chunks"); }
  int64_t UsedBytes() { return Number("SELECT bytes FROM file_usages"); }

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <class T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& answer) {
    return answer.status();
  }

  World& world_;
};

}  // namespace vivier::testing
