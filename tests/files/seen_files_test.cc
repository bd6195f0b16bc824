// Who is told of which files, what may wait for its bytes, and who reads them: through the public
// rpcs, on both engines.
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "shared/storage/engines/driver.h"
#include "tests/files/office.h"
#include "tests/files/samples.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using enrolment::v1::File;

constexpr size_t kPiece = 64 << 10;

class SeenFilesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  World world_{GetParam()};
  FileOffice office_{world_};
};
INSTANTIATE_TEST_SUITE_P(Engines, SeenFilesTest, BothEngines(), EngineName);

// What is announced and never sent keeps an honest upload out for an hour at most, and then goes.
TEST_P(SeenFilesTest, AnnouncedFilesAreBoundedAndGiveWay) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(
        office_.Announce(FileOffice::Announcement("ada", absl::StrCat("f", i), Jpeg(100 + i)))
            .ok());
  const auto more = FileOffice::Announcement("ada", "more", Jpeg());
  const absl::Status full = office_.Announce(more).status();
  EXPECT_EQ(ReasonOf(full), "FILES_FULL");
  EXPECT_TRUE(absl::StrContains(full.message(), "5 announced files of a person")) << full;
  EXPECT_EQ(office_.Number("SELECT uploading_bytes FROM file_usages"), 510);
  ASSERT_TRUE(office_.SendAll(FileOffice::NameOf("ada", "f0"), Jpeg(100)).ok());
  EXPECT_EQ(office_.Number("SELECT uploading_bytes FROM file_usages"), 410);
  ASSERT_TRUE(office_.Announce(more).ok()) << "one has come";
  EXPECT_EQ(ReasonOf(office_.Announce(FileOffice::Announcement("ada", "last", "x")).status()),
            "FILES_FULL");
  world_.Advance(absl::Minutes(61));
  ASSERT_TRUE(office_.Announce(FileOffice::Announcement("ada", "last", Jpeg(70))).ok());
  EXPECT_EQ(office_.List("ada"), (std::vector<std::string>{FileOffice::NameOf("ada", "f0"),
                                                           FileOffice::NameOf("ada", "last")}));
  EXPECT_EQ(office_.Number("SELECT uploading_bytes FROM file_usages"), 70);
  world_.ExpectInvariants();
}

TEST_P(SeenFilesTest, ACallerAnnouncesSixtyAtATime) {
  int announced = 0;
  for (int person = 0; person < 12; ++person) {
    const std::string id = absl::StrCat("p", person);
    office_.Come(id);
    for (int i = 0; i < 5; ++i)
      announced +=
          office_.Announce(FileOffice::Announcement(id, absl::StrCat("f", i), Jpeg(100 + i))).ok();
  }
  EXPECT_EQ(announced, 60);
  const auto more = FileOffice::Announcement("ada", "a", Jpeg());
  const absl::Status full = office_.Announce(more).status();
  EXPECT_TRUE(absl::StrContains(full.message(), "60 announced files of a caller")) << full;
  EXPECT_TRUE(world_.Write<File>(more, World::Person()).ok()) << "another caller's";
  world_.Advance(absl::Minutes(61));
  EXPECT_TRUE(office_.Announce(FileOffice::Announcement("ben", "a", Jpeg())).ok());
  world_.ExpectInvariants();
}

// Who may not list a person's files learns from no answer which there are.
TEST_P(SeenFilesTest, ATrainerIsNotToldWhatIsThere) {
  const security::Caller trainer = World::Person("trainer");
  const std::string bytes = Jpeg(2 * kPiece);
  const std::string name = office_.Keep("ada", "cv", bytes);
  const auto announce = [&](const std::string& id, File::Kind kind = File::PHOTOGRAPHED_SHEET) {
    auto announcement = FileOffice::Announcement("ada", id, bytes);
    announcement.mutable_file()->set_kind(kind);
    return FileOffice::Insist([&] { return world_.Write<File>(announcement, trainer); });
  };
  const absl::Status of_kind = announce(RandomUuid(), File::CV).status();
  EXPECT_TRUE(absl::StrContains(of_kind.message(), "file.kind")) << of_kind;
  const absl::Status taken = announce("cv").status(), free = announce("free").status();
  EXPECT_EQ(ReasonOf(taken), "INVALID_FIELD");
  EXPECT_EQ(taken, free) << "whether the name is taken or not";
  const std::string id = RandomUuid();
  const auto own = announce(id);
  ASSERT_TRUE(own.ok()) << "the same bytes are there: " << own.status();
  const absl::Status again = announce(RandomUuid()).status();
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << "of their own they are told: " << again;
  EXPECT_TRUE(absl::StrContains(again.message(), own->name())) << again;
  for (const std::string& guess : {bytes, Jpeg(kPiece)}) {
    const absl::Status known = office_.Send(name, guess, 0, kPiece, trainer).status();
    const absl::Status unknown =
        office_.Send(FileOffice::NameOf("ada", "xy"), guess, 0, kPiece, trainer).status();
    EXPECT_EQ(known, NotFound(name));
    EXPECT_EQ(unknown, NotFound(FileOffice::NameOf("ada", "xy")));
  }
  ASSERT_TRUE(office_.Send(own->name(), bytes, 0, kPiece, trainer).ok());
  const auto ready = office_.Send(own->name(), bytes, kPiece, kPiece, trainer);
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->state(), File::READY);
  enrolment::v1::GetFileRequest get;
  get.set_name(own->name());
  EXPECT_EQ(world_.Call<File>(get, trainer)->state(), File::READY) << "their own they may get";
  get.set_name(name);
  EXPECT_EQ(world_.Call<File>(get, trainer).status(), NotFound(name));
  EXPECT_EQ(office_.List("ada").size(), 2u) << "an officer sees both";
  world_.ExpectInvariants();
}

// Of the five that may wait, theirs alone count for them.
TEST_P(SeenFilesTest, ATrainerIsNotToldHowManyOthersAnnounced) {
  const auto announce = [&](int i) {
    auto sheet = FileOffice::Announcement("ada", RandomUuid(), Jpeg(200 + i));
    sheet.mutable_file()->set_kind(File::PHOTOGRAPHED_SHEET);
    return world_.Write<File>(sheet, World::Person("trainer")).status();
  };
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(
        office_.Announce(FileOffice::Announcement("ada", absl::StrCat("f", i), Jpeg(100 + i)))
            .ok());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(announce(i), absl::OkStatus()) << i;
  const absl::Status full = announce(5);
  EXPECT_EQ(ReasonOf(full), "FILES_FULL");
  EXPECT_FALSE(absl::StrContains(full.message(), "delete")) << full;
}

// Auditors and finance officers open sheets, say why, and see nothing else of a person.
TEST_P(SeenFilesTest, SheetsAreEvidence) {
  office_.Keep("ada", "cv", Jpeg(100));
  auto announcement = FileOffice::Announcement("ada", "sheet", Jpeg(200));
  announcement.mutable_file()->set_kind(File::PHOTOGRAPHED_SHEET);
  ASSERT_TRUE(office_.Announce(announcement).ok());
  const std::string cv = FileOffice::NameOf("ada", "cv"),
                    sheet = FileOffice::NameOf("ada", "sheet");
  ASSERT_TRUE(office_.SendAll(sheet, Jpeg(200)).ok());
  for (const char* role : {"auditor", "finance_officer"}) {
    const security::Caller caller = World::Person(role);
    enrolment::v1::ListFilesRequest list;
    list.set_parent(FileOffice::Person("ada"));
    const auto listed = world_.Call<enrolment::v1::ListFilesResponse>(list, caller);
    ASSERT_TRUE(listed.ok()) << listed.status();
    ASSERT_EQ(listed->files_size(), 1) << role;
    EXPECT_EQ(listed->files(0).name(), sheet);
    EXPECT_EQ(listed->files(0).announced_by(), "") << "no field of theirs";
    enrolment::v1::GetFileRequest get;
    get.set_name(cv);
    EXPECT_EQ(world_.Call<File>(get, caller).status(), NotFound(cv)) << role;
    EXPECT_EQ(ReasonOf(office_.Download(cv, 0, caller, "why").status()), "NOT_FOUND") << role;
    EXPECT_EQ(ReasonOf(office_.Download(sheet, 0, caller).status()), "REASON_NEEDED") << role;
    const auto bytes = office_.Download(sheet, 0, caller, "invoice 7");
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_TRUE(*bytes == Jpeg(200));
    EXPECT_EQ(office_.Number(absl::StrCat("SELECT opened FROM person_reads WHERE principal = '",
                                          caller.subject, "'")),
              1);
  }
  EXPECT_EQ(office_.Number("SELECT COUNT(*) FROM reading_records WHERE reason = 'invoice 7'"), 2);
}

// Whole files are read by workers: the writer, for which all others wait, stores what they found.
// It looks once whether the row of a new piece is there.
TEST_P(SeenFilesTest, TheWriterReadsNoFile) {
  const std::string bytes = Jpeg(3 * kPiece);
  const std::string name = office_.Announce(FileOffice::Announcement("ada", "a", bytes))->name();
  ASSERT_TRUE(office_.Send(name, bytes, 0, 2 * kPiece).ok());
  static std::mutex& mutex = *new std::mutex;
  static auto& writers = *new std::set<std::thread::id>;
  static auto& reads = *new std::map<std::thread::id, int>;
  writers.clear();
  reads.clear();
  storage::ObserveStatements(+[](absl::string_view sql) {
    const std::lock_guard<std::mutex> lock(mutex);
    const std::thread::id self = std::this_thread::get_id();
    if (absl::StartsWith(sql, "INSERT INTO file_chunks")) writers.insert(self);
    if (absl::StartsWith(sql, "SELECT") && absl::StrContains(sql, "FROM file_chunks"))
      ++reads[self];
  });
  const auto reads_of_writers = [] {
    const std::lock_guard<std::mutex> lock(mutex);
    int sum = 0;
    for (const std::thread::id writer : writers) sum += reads[writer];
    return sum;
  };
  const auto ready = office_.Send(name, bytes, 2 * kPiece, kPiece);
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->state(), File::READY);
  EXPECT_EQ(writers.size(), 1u);
  EXPECT_EQ(reads_of_writers(), 1);
  ASSERT_TRUE(office_.Send(name, bytes, 2 * kPiece, kPiece).ok());
  EXPECT_EQ(reads_of_writers(), 2) << "a piece that is sent again is compared there";
  storage::ObserveStatements(nullptr);
}

}  // namespace
}  // namespace vivier::testing
