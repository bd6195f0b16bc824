#include "services/enrolment/files/rules.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/files/limits.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/security/caller.h"

namespace vivier::enrolment {
namespace {

using v1::File;

constexpr absl::CivilDay kToday(2026, 11, 30);

struct NameRow {
  std::string name;
  File::Format format;
  bool fits;
};

TEST(FileRules, TheEndingIsThatOfTheFormat) {
  const NameRow rows[] = {
      {"cv.pdf", File::PDF, true},
      {"CV.PDF", File::PDF, true},
      {"M. Durand cv.pdf", File::PDF, true},
      {"photo.jpeg", File::JPEG, true},
      {"photo.jpg", File::JPEG, true},
      {"photo.heif", File::HEIC, true},
      {"lettre.odt", File::ODT, true},
      {"lettre.docx", File::DOCX, true},
      {"notes.txt", File::PLAIN_TEXT, true},
      {"présence.csv", File::CSV, true},
      {"cv.pdf.exe", File::PDF, false},
      {"cv.exe.pdf", File::PDF, false},
      {"cv.html.txt", File::PLAIN_TEXT, false},
      {"cv.exe .pdf", File::PDF, false},
      {"cv. exe\u00a0.pdf", File::PDF, false},
      {"cv.ｅｘｅ.pdf", File::PDF, false},
      {"cv．exe.pdf", File::PDF, false},
      {"cv.scr.pdf", File::PDF, false},
      {"cv.command.pdf", File::PDF, false},
      {"CON.pdf", File::PDF, false},
      {"com1 .pdf", File::PDF, false},
      {"lpt9.a.pdf", File::PDF, false},
      {"Conrad.pdf", File::PDF, true},
      {"Zoe\u0301 n° 2…pdf.pdf", File::PDF, true},
      {"cv.docm", File::DOCX, false},
      {"cv", File::PDF, false},
      {".pdf", File::PDF, false},
      {" .pdf", File::PDF, false},
      {"cv.pdf.", File::PDF, false},
      {"cv.pdf ", File::PDF, false},
      {"cv.jpg", File::PDF, false},
      {"../cv.pdf", File::PDF, false},
      {"c:cv.pdf", File::PDF, false},
      {"a\\cv.pdf", File::PDF, false},
  };
  for (const NameRow& row : rows) {
    File file;
    file.set_kind(File::EVIDENCE);
    file.set_format(row.format);
    file.set_display_name(row.name);
    const absl::Status checked = CheckFile(Sight::kAll, file, kToday);
    EXPECT_EQ(checked.ok(), row.fits) << row.name << ": " << checked;
    EXPECT_EQ(ReasonOf(checked), row.fits ? "" : "INVALID_FIELD") << row.name;
  }
}

TEST(FileRules, EveryFormatHasAnEnding) {
  for (int format = 1; format < File::Format_ARRAYSIZE; ++format) {
    File file;
    file.set_kind(File::EVIDENCE);
    file.set_format(static_cast<File::Format>(format));
    file.set_display_name("x.none");
    EXPECT_EQ(ReasonOf(CheckFile(Sight::kAll, file, kToday)), "INVALID_FIELD");
  }
}

TEST(FileRules, ASheetIsAPicture) {
  File file;
  file.set_kind(File::PHOTOGRAPHED_SHEET);
  file.set_format(File::DOCX);
  file.set_display_name("sheet.docx");
  const absl::Status refused = CheckFile(Sight::kAll, file, kToday);
  EXPECT_TRUE(absl::StrContains(refused.message(), "has to be a picture or a PDF")) << refused;
}

TEST(FileRules, ThereIsRoomUpToTheBounds) {
  File file;
  file.set_size(kFileBytesMax);
  v1::FileUsage usage;
  usage.set_bytes(kSchoolBytesMax - kFileBytesMax);
  usage.set_uploading_bytes(kUploadingBytesMax - kFileBytesMax);
  const Announced most{kFileRowsPerPersonMax - 1, kFilesPerPersonMax - 1,
                       kUploadingPerPersonMax - 1, kUploadingPerCallerMax - 1};
  EXPECT_EQ(CheckRoom(file, most, usage, {}), absl::OkStatus());
  const auto bound_of = [&](const Announced& announced) {
    const absl::Status full = CheckRoom(file, announced, usage, {});
    EXPECT_EQ(ReasonOf(full), "FILES_FULL");
    return full.ok() ? "" : MetadataOf(full)[0].second;
  };
  Announced more = most;
  ++more.of_person;
  EXPECT_EQ(bound_of(more), "20 files of a person");
  EXPECT_EQ(ReasonOf(CheckRoomAgain(more, {})), "FILES_FULL");
  EXPECT_EQ(CheckRoomAgain(most, {}), absl::OkStatus());
  more = most;
  ++more.rows_of_person;
  EXPECT_EQ(bound_of(more), "100 files of a person with refused and deleted");
  more = most;
  ++more.uploading_of_person;
  EXPECT_EQ(bound_of(more), "5 announced files of a person");
  more = most;
  ++more.uploading_of_caller;
  EXPECT_EQ(bound_of(more), "60 announced files of a caller");
  usage.set_uploading_bytes(usage.uploading_bytes() + 1);
  EXPECT_EQ(bound_of(most), "2 GiB of a school's announced files");
  usage.set_uploading_bytes(0);
  usage.set_bytes(usage.bytes() + 1);
  EXPECT_EQ(bound_of({}), "20 GiB of a school's files");
}

TEST(FileRules, SaysWhatTheCallerMayDoAboutABound) {
  File file;
  file.set_size(1);
  const auto words_of = [&](const Announced& announced, bool deletes) {
    return std::string(CheckRoom(file, announced, {}, {Sight::kAll, deletes}).message());
  };
  const Announced files{20, 20, 0, 0}, waiting{5, 5, 5, 0}, of_caller{0, 0, 0, 60};
  EXPECT_TRUE(absl::StrContains(words_of(files, true), "; delete what is needed no more"));
  EXPECT_FALSE(absl::StrContains(words_of(files, false), "; delete"));
  for (const Announced& announced : {waiting, of_caller})
    EXPECT_TRUE(absl::StrContains(words_of(announced, false), "for an hour gives way"));
}

// What is deleted or was refused takes no place; who sees their own files alone is not told how
// many others have announced.
TEST(FileRules, CountsWhatIsThere) {
  struct Row {
    File::State state;
    const char* by;
    Sight sight;
    int64_t of_person, uploading;
  };
  for (const Row& row :
       {Row{File::READY, "me", Sight::kAll, 1, 0}, Row{File::UPLOADING, "me", Sight::kAll, 1, 1},
        Row{File::UPLOADING, "other", Sight::kAll, 1, 1},
        Row{File::UPLOADING, "me", Sight::kOwn, 1, 1},
        Row{File::UPLOADING, "other", Sight::kOwn, 1, 0},
        Row{File::REFUSED, "me", Sight::kAll, 0, 0}, Row{File::DELETED, "me", Sight::kAll, 0, 0}}) {
    File file;
    file.set_state(row.state);
    file.set_announced_by(row.by);
    Announced announced;
    CountIn(file, row.sight, "me", 1, announced);
    EXPECT_EQ(announced.rows_of_person, 1);
    EXPECT_EQ(announced.of_person, row.of_person) << File::State_Name(row.state);
    EXPECT_EQ(announced.uploading_of_person, row.uploading) << row.by;
    CountIn(file, row.sight, "me", -1, announced);
    EXPECT_EQ(announced.rows_of_person + announced.of_person + announced.uploading_of_person, 0);
  }
}

TEST(FileRules, WhoSeesNoFileBringsSheets) {
  File file;
  file.set_kind(File::CV);
  file.set_format(File::PDF);
  file.set_display_name("cv.pdf");
  EXPECT_EQ(CheckFile(Sight::kAll, file, kToday), absl::OkStatus());
  for (const Sight sight : {Sight::kOwn, Sight::kSheets}) {
    const absl::Status refused = CheckFile(sight, file, kToday);
    EXPECT_TRUE(absl::StrContains(refused.message(), "file.kind")) << refused;
  }
  file.set_kind(File::PHOTOGRAPHED_SHEET);
  EXPECT_EQ(CheckFile(Sight::kOwn, file, kToday), absl::OkStatus());
}

TEST(FileRules, WhatWaitsForAnHourGivesWay) {
  const absl::Time then = absl::FromUnixSeconds(1'800'000'000);
  File file;
  ASSERT_EQ(MoveFile("CreateFile", then, file), absl::OkStatus());
  EXPECT_FALSE(GivesWay(file, then + absl::Hours(1) - absl::Seconds(1)));
  EXPECT_TRUE(GivesWay(file, then + absl::Hours(1)));
  ASSERT_EQ(MoveFile("Accept", then, file), absl::OkStatus());
  EXPECT_FALSE(GivesWay(file, then + absl::Hours(1))) << "it has come";
}

security::Caller Person(const std::string& role) {
  return {"https://id.example#" + role, security::Caller::Kind::kPerson, {role}, {"nancy"}, ""};
}

// By role: which files they are told of, and whether they say why they open one.
TEST(FileRules, WhoSeesWhat) {
  File sheet, cv, own;
  sheet.set_kind(File::PHOTOGRAPHED_SHEET);
  cv.set_kind(File::CV);
  own.set_kind(File::CV);
  struct Row {
    std::string role;
    Sight sight;
    bool sheet, cv;
  };
  for (const Row& row : {Row{"school_director", Sight::kAll, true, true},
                         Row{"admissions_officer", Sight::kAll, true, true},
                         Row{"data_protection_officer", Sight::kAll, true, true},
                         Row{"session:own_data", Sight::kAll, true, true},
                         Row{"auditor", Sight::kSheets, true, false},
                         Row{"finance_officer", Sight::kSheets, true, false},
                         Row{"trainer", Sight::kOwn, false, false},
                         Row{"partner_manager", Sight::kOwn, false, false}}) {
    const security::Caller caller = Person(row.role);
    own.set_announced_by(caller.subject);
    EXPECT_EQ(SightOf(caller, "nancy"), row.sight) << row.role;
    EXPECT_EQ(SightOf(caller, "paris"), Sight::kOwn) << row.role;
    EXPECT_EQ(Sees(caller, "nancy", sheet), row.sheet) << row.role;
    EXPECT_EQ(Sees(caller, "nancy", cv), row.cv) << row.role;
    EXPECT_TRUE(Sees(caller, "nancy", own)) << row.role;
    EXPECT_EQ(CheckReason(row.sight, "case 7"), absl::OkStatus());
    EXPECT_EQ(ReasonOf(CheckReason(row.sight, "")),
              row.sight == Sight::kSheets ? "REASON_NEEDED" : "")
        << row.role;
    EXPECT_EQ(CheckId(row.sight, "cv").ok(), row.sight == Sight::kAll) << row.role;
    EXPECT_EQ(CheckId(row.sight, "3f2b8c1e-0000-4000-8000-000000000001"), absl::OkStatus());
  }
}

struct UploadRow {
  int64_t size, committed, offset, bytes;
  File::State state;
  std::string answer;  // "append", "compare" or the reason
};

TEST(FileRules, AnUploadGoesOnWhereItStands) {
  const int64_t k = kPieceBytes;
  const UploadRow rows[] = {
      {3 * k + 1, 0, 0, k, File::UPLOADING, "append"},
      {3 * k + 1, 0, 0, 3 * k + 1, File::UPLOADING, "append"},
      {3 * k + 1, 3 * k, 3 * k, 1, File::UPLOADING, "append"},
      {5, 0, 0, 5, File::UPLOADING, "append"},
      {3 * k + 1, k, 0, k, File::UPLOADING, "compare"},
      {3 * k + 1, 3 * k, k, 2 * k, File::UPLOADING, "compare"},
      {3 * k + 1, 3 * k + 1, 3 * k, 1, File::READY, "compare"},
      {3 * k + 1, 0, k, k, File::UPLOADING, "WRONG_OFFSET"},
      {3 * k + 1, 2 * k, k, 2 * k, File::UPLOADING, "WRONG_OFFSET"},
      {3 * k + 1, k, 1, k, File::UPLOADING, "WRONG_OFFSET"},
      {3 * k + 1, 0, 0, k - 1, File::UPLOADING, "INVALID_FIELD"},
      {3 * k + 1, 0, 0, k + 1, File::UPLOADING, "INVALID_FIELD"},
      {3 * k + 1, 3 * k, 3 * k, 2, File::UPLOADING, "INVALID_FIELD"},
      {5, 0, 0, 6, File::UPLOADING, "INVALID_FIELD"},
      {k, 0, 0, k, File::REFUSED, "WRONG_STATE"},
      {k, k, 0, k, File::DELETED, "WRONG_STATE"},
  };
  for (const UploadRow& row : rows) {
    File file;
    file.set_size(row.size);
    file.set_committed_size(row.committed);
    file.set_state(row.state);
    v1::UploadFileChunkRequest request;
    request.set_offset(row.offset);
    request.set_data(std::string(static_cast<size_t>(row.bytes), 'x'));
    const absl::StatusOr<Upload> upload = CheckUpload(file, request);
    const std::string answer = !upload.ok()                 ? ReasonOf(upload.status())
                               : *upload == Upload::kAppend ? "append"
                                                            : "compare";
    EXPECT_EQ(answer, row.answer) << row.size << " " << row.committed << " " << row.offset << " "
                                  << row.bytes;
    if (row.answer == "WRONG_OFFSET") {
      const Metadata metadata = MetadataOf(upload.status());
      EXPECT_EQ(metadata[0].second, absl::StrCat(row.committed));
      EXPECT_TRUE(absl::IsAborted(upload.status()));
    }
  }
}

TEST(FileRules, OnlyWhatIsReadyIsSent) {
  File file;
  file.set_size(10);
  for (int state = 1; state < File::State_ARRAYSIZE; ++state) {
    file.set_state(static_cast<File::State>(state));
    EXPECT_EQ(ReasonOf(CheckDownload(file, 9)), state == File::READY ? "" : "WRONG_STATE");
  }
  file.set_state(File::READY);
  EXPECT_EQ(ReasonOf(CheckDownload(file, 10)), "INVALID_FIELD");
}

}  // namespace
}  // namespace vivier::enrolment
