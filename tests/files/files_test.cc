// Files through the public rpcs, on both engines: a whole journey, each refusal, many callers at
// once, a process that stops half-way, and every way in which a file ends.
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/files/office.h"
#include "tests/files/samples.h"
#include "tests/identity/asking.h"
#include "tests/support/engines.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::testing {
namespace {

using enrolment::v1::File;
using enrolment::v1::UploadFileChunkResponse;

constexpr size_t kPiece = 64 << 10;

class FilesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  std::string StateOf(const std::string& name) {
    const auto file = office_.Get(name);
    return file.ok() ? File::State_Name(file->state()) : ReasonOf(file.status());
  }

  World world_{GetParam()};
  FileOffice office_{world_};
};
INSTANTIATE_TEST_SUITE_P(Engines, FilesTest, BothEngines(), EngineName);

TEST_P(FilesTest, TenMebibytesComeInPiecesAndGoAsAStream) {
  const std::string bytes = Jpeg(10 << 20);
  const auto announced = office_.Announce(FileOffice::Announcement("ada", "photo", bytes));
  ASSERT_TRUE(announced.ok()) << announced.status();
  EXPECT_EQ(announced->state(), File::UPLOADING);
  const std::string name = announced->name();
  EXPECT_EQ(ReasonOf(office_.Download(name).status()), "WRONG_STATE");
  const auto half = office_.SendAll(name, bytes.substr(0, 5 << 20));
  ASSERT_TRUE(half.ok()) << half.status();
  EXPECT_EQ(half->committed_size(), 5 << 20);
  const auto ready = office_.SendAll(name, bytes, 5 << 20, 3 * kPiece);
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->state(), File::READY);
  EXPECT_EQ(office_.Chunks(), 160);
  for (const size_t offset : {size_t{0}, size_t{1}, kPiece, 4 * kPiece + 5, bytes.size() - 1}) {
    const auto downloaded = office_.Download(name, static_cast<int64_t>(offset));
    ASSERT_TRUE(downloaded.ok()) << downloaded.status();
    EXPECT_TRUE(*downloaded == bytes.substr(offset)) << offset;
  }
  EXPECT_EQ(ReasonOf(office_.Download(name, 10 << 20).status()), "INVALID_FIELD");
  EXPECT_EQ(office_.Get(name)->display_name(), "photo.jpg");
  EXPECT_EQ(office_.List("ada"), std::vector<std::string>{name});
  EXPECT_EQ(office_.List("ben"), std::vector<std::string>{});
  world_.ExpectInvariants();
}

TEST_P(FilesTest, RefusesWhatIsNotAnnouncedSo) {
  using Change = std::function<void(File&)>;
  const std::pair<Change, std::string> wrong[] = {
      {[](File& file) { file.set_size((10 << 20) + 1); }, "file.size"},
      {[](File& file) { file.set_size(-1); }, "file.size"},
      {[](File& file) { file.set_sha256("abc"); }, "file.sha256"},
      {[](File& file) { file.set_display_name("photo.png"); }, "file.display_name"},
      {[](File& file) { file.set_display_name("photo.jpg.exe"); }, "file.display_name"},
      {[](File& file) { file.set_display_name("gpj.\xe2\x80\xae.jpg"); }, "file.display_name"},
      {[](File& file) { file.clear_format(); }, "file.format"},
      {[](File& file) {
         file.set_kind(File::PHOTOGRAPHED_SHEET);
         file.set_format(File::CSV);
       },
       "file.format"},
  };
  for (const auto& [change, field] : wrong) {
    enrolment::v1::CreateFileRequest request = FileOffice::Announcement("ada", "a", Jpeg());
    change(*request.mutable_file());
    const absl::Status refused = office_.Announce(request).status();
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD") << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), field)) << refused;
  }
  EXPECT_EQ(ReasonOf(office_.Announce(FileOffice::Announcement("eve", "a", Jpeg())).status()),
            "NOT_FOUND");
  EXPECT_EQ(office_.List("ada"), std::vector<std::string>{});
}

TEST_P(FilesTest, RefusesBytesThatDoNotFit) {
  const std::string bytes = Jpeg(3 * kPiece + 1);
  const std::string name = office_.Announce(FileOffice::Announcement("ada", "a", bytes))->name();
  struct Row {
    size_t offset, count;
    std::string answer;
  };
  for (const Row& row : {Row{kPiece, kPiece, "WRONG_OFFSET"}, Row{1, kPiece, "WRONG_OFFSET"},
                         Row{0, 5, "INVALID_FIELD"}, Row{0, kPiece, ""}, Row{0, kPiece, ""},
                         Row{0, 2 * kPiece, "WRONG_OFFSET"}, Row{kPiece, 2 * kPiece, ""}}) {
    const auto sent = office_.Send(name, bytes, row.offset, row.count);
    EXPECT_EQ(ReasonOf(sent.status()), row.answer) << row.offset << " " << row.count;
  }
  std::string other = bytes;
  other[kPiece] ^= 1;
  EXPECT_EQ(ReasonOf(office_.Send(name, other, kPiece, kPiece).status()), "WRONG_OFFSET");
  EXPECT_EQ(ReasonOf(office_.Send(name, bytes + "xx", 3 * kPiece, 3).status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(office_.Send(FileOffice::NameOf("ben", "a"), bytes, 0, kPiece).status()),
            "NOT_FOUND");
  EXPECT_EQ(office_.Send(name, bytes, 3 * kPiece, 1)->state(), File::READY);
  EXPECT_EQ(office_.Send(name, bytes, 3 * kPiece, 1)->state(), File::READY);
  world_.ExpectInvariants();
}

// The answer is OK and says so; nothing of the bytes stays.
TEST_P(FilesTest, RefusesByWhatTheBytesAre) {
  struct Row {
    File::Format format;
    std::string display_name, bytes;
    File::Refusal refusal;
  };
  const Row rows[] = {
      {File::DOCX, "cv.docx", Zip(With(DocxParts(), "word/vbaProject.bin", "x")), File::MACRO},
      {File::PDF, "cv.pdf", Pdf("/OpenAction << /S /JavaScript >>"), File::ACTIVE_CONTENT},
      {File::PDF, "cv.pdf", Jpeg(), File::OTHER_FORMAT},
      {File::PLAIN_TEXT, "cv.txt", "#!/bin/sh\n", File::SCRIPT},
      {File::JPEG, "cv.jpg", Jpeg(2 * kPiece) + Zip(OdtParts()), File::ARCHIVE},
  };
  int id = 0;
  for (const Row& row : rows) {
    const std::string key = absl::StrCat("f", ++id);
    ASSERT_TRUE(
        office_
            .Announce(FileOffice::Announcement("ada", key, row.bytes, row.format, row.display_name))
            .ok());
    const std::string name = FileOffice::NameOf("ada", key);
    const auto sent = office_.SendAll(name, row.bytes, 0, kPiece);
    ASSERT_TRUE(sent.ok()) << sent.status();
    EXPECT_EQ(sent->state(), File::REFUSED);
    EXPECT_EQ(File::Refusal_Name(sent->refusal()), File::Refusal_Name(row.refusal));
    EXPECT_EQ(office_.Get(name)->refusal(), row.refusal);
    EXPECT_EQ(ReasonOf(office_.Download(name).status()), "WRONG_STATE");
    EXPECT_EQ(ReasonOf(office_.SendAll(name, row.bytes).status()), "WRONG_STATE");
  }
  const std::string bytes = Jpeg();
  enrolment::v1::CreateFileRequest lie = FileOffice::Announcement("ben", "a", bytes);
  lie.mutable_file()->set_sha256(Hex(Sha256("another")));
  ASSERT_TRUE(office_.Announce(lie).ok());
  EXPECT_EQ(office_.SendAll(FileOffice::NameOf("ben", "a"), bytes)->refusal(), File::WRONG_HASH);
  EXPECT_EQ(office_.Chunks(), 0);
  world_.ExpectInvariants();
  world_.Advance(absl::Hours(25));
  EXPECT_EQ(office_.List("ada"), std::vector<std::string>{});
  EXPECT_EQ(office_.UsedBytes(), 0);
  world_.ExpectInvariants();
}

TEST_P(FilesTest, TheSameBytesAtOnceHaveOneAnswer) {
  constexpr int kCallers = 8;
  const std::string bytes = Jpeg(2 * kPiece);
  const std::string name = office_.Announce(FileOffice::Announcement("ada", "a", bytes))->name();
  for (const size_t offset : {size_t{0}, kPiece}) {
    std::vector<absl::StatusOr<UploadFileChunkResponse>> answers(kCallers,
                                                                 absl::UnknownError("not asked"));
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i)
      callers.emplace_back([&, i] { answers[i] = office_.Send(name, bytes, offset, kPiece); });
    for (std::thread& caller : callers) caller.join();
    for (const auto& answer : answers) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->committed_size(), static_cast<int64_t>(offset + kPiece));
      EXPECT_EQ(answer->state(), offset == 0 ? File::UPLOADING : File::READY);
    }
  }
  EXPECT_EQ(office_.Chunks(), 2);
  EXPECT_TRUE(*office_.Download(name) == bytes);
  world_.ExpectInvariants();
}

TEST_P(FilesTest, AnUploadGoesOnAfterARestart) {
  const std::string bytes = Jpeg(4 * kPiece + 7);
  const std::string name = office_.Announce(FileOffice::Announcement("ada", "a", bytes))->name();
  ASSERT_TRUE(office_.Send(name, bytes, 0, 2 * kPiece).ok());
  world_.Restart();
  const auto known = office_.Get(name);
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(known->committed_size(), 2 * kPiece);
  const auto ready = office_.SendAll(name, bytes, static_cast<size_t>(known->committed_size()));
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->state(), File::READY);
  world_.Restart();
  EXPECT_TRUE(*office_.Download(name) == bytes);
}

TEST_P(FilesTest, TheSameBytesOfOnePersonAreOneFile) {
  const std::string name = office_.Keep("ada", "a", Jpeg());
  const absl::Status again =
      office_.Announce(FileOffice::Announcement("ada", "b", Jpeg())).status();
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
  EXPECT_TRUE(absl::StrContains(again.message(), name)) << again;
  EXPECT_TRUE(
      absl::IsAlreadyExists(office_.Announce(FileOffice::Announcement("ada", "a", "x")).status()));
  office_.Keep("ben", "a", Jpeg());
}

TEST_P(FilesTest, APersonHasTwentyFiles) {
  for (int i = 0; i < 20; ++i) office_.Keep("ada", absl::StrCat("f", i), Jpeg(100 + i));
  const absl::Status full =
      office_.Announce(FileOffice::Announcement("ada", "more", Jpeg())).status();
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(ReasonOf(full), "FILES_FULL");
  EXPECT_TRUE(office_.Announce(FileOffice::Announcement("ben", "a", Jpeg())).ok());
  const std::string deleted = FileOffice::NameOf("ada", "f3");
  ASSERT_EQ(office_.Delete(deleted), absl::OkStatus());
  enrolment::v1::UndeleteFileRequest undelete;
  undelete.set_name(deleted);
  office_.Keep("ada", "more", Jpeg());
  EXPECT_EQ(ReasonOf(world_.Write<File>(undelete).status()), "FILES_FULL") << "its place is taken";
  ASSERT_EQ(office_.Delete(FileOffice::NameOf("ada", "more")), absl::OkStatus());
  EXPECT_EQ(world_.Write<File>(undelete).status(), absl::OkStatus());
  world_.ExpectInvariants();
}

// Who brings what is refused may bring it again, better.
TEST_P(FilesTest, RefusedFilesTakeNoPlace) {
  for (int i = 0; i < 21; ++i) {
    const std::string id = absl::StrCat("f", i), bytes = absl::StrCat("no picture ", i);
    ASSERT_TRUE(office_.Announce(FileOffice::Announcement("ada", id, bytes)).ok()) << i;
    EXPECT_EQ(office_.SendAll(FileOffice::NameOf("ada", id), bytes)->state(), File::REFUSED);
  }
  office_.Keep("ada", "good", Jpeg());
  world_.ExpectInvariants();
}

TEST_P(FilesTest, AnUnfinishedUploadEndsAfterADay) {
  const std::string bytes = Jpeg(2 * kPiece);
  const std::string name = office_.Announce(FileOffice::Announcement("ada", "a", bytes))->name();
  ASSERT_TRUE(office_.Send(name, bytes, 0, kPiece).ok());
  world_.Advance(absl::Hours(23));
  EXPECT_EQ(StateOf(name), "UPLOADING");
  world_.Advance(absl::Hours(2));
  EXPECT_EQ(StateOf(name), "NOT_FOUND");
  EXPECT_EQ(office_.Chunks(), 0);
  EXPECT_EQ(office_.UsedBytes(), 0);
  world_.ExpectInvariants();
}

TEST_P(FilesTest, ADeletedFileComesBackForThirtyDays) {
  const std::string name = office_.Keep("ada", "a", Jpeg());
  enrolment::v1::UndeleteFileRequest undelete;
  undelete.set_name(name);
  const auto undeleted = [&] {
    return FileOffice::Insist([&] { return world_.Write<File>(undelete); });
  };
  EXPECT_EQ(ReasonOf(undeleted().status()), "WRONG_STATE");
  ASSERT_EQ(office_.Delete(name), absl::OkStatus());
  EXPECT_EQ(StateOf(name), "DELETED");
  EXPECT_EQ(ReasonOf(office_.Download(name).status()), "WRONG_STATE");
  EXPECT_EQ(ReasonOf(office_.Delete(name)), "WRONG_STATE");
  world_.Advance(absl::Hours(29 * 24));
  ASSERT_TRUE(undeleted().ok());
  EXPECT_TRUE(*office_.Download(name) == Jpeg());
  world_.ExpectInvariants();
  world_.Advance(absl::Hours(60 * 24));
  EXPECT_EQ(StateOf(name), "READY");
  ASSERT_EQ(office_.Delete(name), absl::OkStatus());
  world_.Advance(absl::Hours(31 * 24));
  EXPECT_EQ(StateOf(name), "NOT_FOUND");
  EXPECT_EQ(office_.Chunks(), 0);
  world_.ExpectInvariants();
}

TEST_P(FilesTest, GoesWithItsPerson) {
  const std::string name = office_.Keep("ada", "a", Jpeg(2 * kPiece));
  const std::string others = office_.Keep("ben", "a", Jpeg(kPiece));
  enrolment::v1::CreateFileRequest half = FileOffice::Announcement("ada", "half", Jpeg(90'000));
  half.set_request_id(RandomUuid());
  ASSERT_TRUE(office_.Announce(half).ok());
  ASSERT_TRUE(office_.Send(FileOffice::NameOf("ada", "half"), Jpeg(90'000), 0, kPiece).ok());
  ASSERT_EQ(office_.Erase("ada"), absl::OkStatus());
  EXPECT_EQ(StateOf(name), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(office_.Download(name).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(office_.Send(name, Jpeg(kPiece), 0, kPiece).status()), "NOT_FOUND");
  EXPECT_EQ(office_.List("ada"), std::vector<std::string>{});
  EXPECT_EQ(office_.Chunks(), 1);
  EXPECT_EQ(office_.UsedBytes(), static_cast<int64_t>(kPiece));
  world_.Settle();
  world_.site().RunTicks();
  EXPECT_EQ(ReasonOf(office_.Announce(FileOffice::Announcement("ada", "new", Jpeg())).status()),
            "PERSON_ERASED");
  const auto as_trainer = [&](const std::string& person) {
    return world_
        .Write<File>(FileOffice::Announcement(person, RandomUuid(), Jpeg()),
                     World::Person("trainer"))
        .status();
  };
  EXPECT_EQ(as_trainer("ada"), NotFound(FileOffice::Person("ada")));
  EXPECT_EQ(as_trainer("eve"), NotFound(FileOffice::Person("eve"))) << "whom nobody ever knew";
  EXPECT_TRUE(*office_.Download(others) == Jpeg(kPiece));
  world_.ExpectInvariants();
}

TEST_P(FilesTest, AStreamEndsWithItsFile) {
  const std::string bytes = Jpeg(10 << 20);
  enrolment::v1::DownloadFileRequest request;
  request.set_name(office_.Keep("ada", "a", bytes));
  BlockingStream stream(*world_.site().channel(), rpc::PathOf(FileOffice::Method()),
                        request.SerializeAsString(),
                        {absl::Seconds(30), world_.Authorization(World::Person()), ""});
  ASSERT_TRUE(stream.Read().ok());
  ASSERT_EQ(office_.Erase("ada"), absl::OkStatus());
  absl::Status end;
  for (int messages = 0; end.ok(); ++messages) {
    const auto message = stream.Read();
    end = message.status();
    ASSERT_TRUE(!message.ok() || message->has_value()) << "all was sent, after " << messages;
  }
  EXPECT_EQ(ReasonOf(end), "NOT_FOUND") << end;
}

TEST_P(FilesTest, ADownloadIsOneReadingOfOnePerson) {
  security::Caller officer = World::Person("admissions_officer");
  officer.subject = "reader";
  const std::string name = office_.Keep("ada", "a", Jpeg(10 * kPiece));
  ASSERT_TRUE(office_.Download(name, 0, officer).ok());
  EXPECT_EQ(office_.Number("SELECT opened FROM person_reads WHERE principal = 'reader' AND person "
                           "= 'schools/nancy/candidates/ada'"),
            1);
  EXPECT_EQ(office_.Number("SELECT COUNT(*) FROM reading_records WHERE principal = 'reader'"), 1);
  EXPECT_EQ(office_.Number("SELECT COUNT(*) FROM person_reads WHERE principal = "
                           "'admissions_officer'"),
            0)
      << "who uploads has read nothing";
}

TEST_P(FilesTest, ALinkBringsOnesOwnFileAndNoOther) {
  const auto link =
      Must<enrolment::v1::CreateAccessLinkResponse, enrolment::v1::CreateAccessLinkRequest>(
          world_,
          "parent: '$N' access_link_id: 'ada' access_link { purpose: OWN_DATA resource: "
          "'$N/candidates/ada' }",
          World::Person("admissions_officer"));
  const auto session =
      Ask<enrolment::v1::RedeemAccessLinkResponse, enrolment::v1::RedeemAccessLinkRequest>(
          world_, Bearer(link.secret()), "parent: '$N'");
  ASSERT_TRUE(session.ok()) << session.status();
  const std::string bearer = Bearer(session->token());
  const std::string file = absl::StrCat(
      "file_id: 'cv' file { kind: CV format: JPEG display_name: 'cv.jpg' size: 64 sha256: '",
      Hex(Sha256(Jpeg())), "' }");
  EXPECT_EQ((Try<enrolment::v1::CreateFileRequest>(world_, bearer,
                                                   "parent: '$N/candidates/ada' " + file)),
            "OK");
  EXPECT_EQ((Try<enrolment::v1::CreateFileRequest>(world_, bearer,
                                                   "parent: '$N/candidates/ben' " + file)),
            kDenied);
  enrolment::v1::UploadFileChunkRequest upload;
  upload.set_name(FileOffice::NameOf("ada", "cv"));
  upload.set_data(Jpeg());
  upload.set_request_id(RandomUuid());
  const auto sent = world_.CallRaw(*rpc::MethodTaking(*upload.GetDescriptor()),
                                   upload.SerializeAsString(), bearer);
  EXPECT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(StateOf(upload.name()), "READY");
  EXPECT_EQ((Try<enrolment::v1::DeleteFileRequest>(world_, bearer,
                                                   absl::StrCat("name: '", upload.name(), "'"))),
            kDenied);
}

// The files of before are put back: the list outside the databases takes the bytes away again.
class RestoredFilesTest : public FilesTest {
 protected:
  bool IsErasedEverywhere(const std::string& person) {
    site::v1::GetErasureRequest request;
    request.set_name(FileOffice::Person(person));
    const auto erasure = world_.Call<site::v1::GetErasureResponse>(request);
    EXPECT_TRUE(erasure.ok()) << erasure.status();
    return std::all_of(
        erasure->services().begin(), erasure->services().end(),
        [](const site::v1::ServiceErasure& service) {
          return service.state() != site::v1::ServiceErasure::AWAITING_FOLLOWERS &&
                 (service.listed() || service.state() == site::v1::ServiceErasure::NOTHING_SEALED);
        });
  }

  void AwaitErasureOf(const std::string& person) {
    const absl::Time start = absl::Now();
    for (; !IsErasedEverywhere(person); absl::SleepFor(absl::Milliseconds(5))) {
      ASSERT_LT(absl::Now() - start, absl::Minutes(1));
      world_.site().RunTicks();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Sqlite, RestoredFilesTest, ::testing::Values(storage::Engine::kSqlite),
                         EngineName);

TEST_P(RestoredFilesTest, AnOlderBackupBringsNoBytesOfTheErasedBack) {
  namespace fs = std::filesystem;
  const std::string name = office_.Keep("ada", "a", Jpeg(2 * kPiece));
  const std::string others = office_.Keep("ben", "a", Jpeg(kPiece));
  const std::string database = world_.data() + "/db", backup = world_.data() + "/backup";
  world_.Stop();
  fs::copy(database, backup, fs::copy_options::recursive);
  world_.Start();
  ASSERT_EQ(office_.Erase("ada"), absl::OkStatus());
  AwaitErasureOf("ada");
  world_.Stop();
  fs::remove_all(database);
  fs::rename(backup, database);
  EXPECT_EQ(office_.Chunks(), 3) << "the backup has them";
  world_.Start();
  EXPECT_EQ(StateOf(name), "NOT_FOUND");
  EXPECT_EQ(office_.Chunks(), 1);
  EXPECT_TRUE(*office_.Download(others) == Jpeg(kPiece));
  world_.ExpectInvariants();
}

}  // namespace
}  // namespace vivier::testing
