#include "shared/security/school_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

class SchoolKeyTest : public testing::Test {
 protected:
  SchoolKeyTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "school-key-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SchoolKeyTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    chmod(path.c_str(), mode);
    return path;
  }

  std::string folder_;
};

TEST_F(SchoolKeyTest, CreatesAFileThatOnlyItsOwnerReads) {
  const std::string path = folder_ + "/key";
  ASSERT_TRUE(CreateSchoolKey(path).ok());
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_TRUE(SchoolKey::Load(path).ok());
  EXPECT_EQ(CreateSchoolKey(path).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(SchoolKeyTest, DerivesAKeyForEachPurpose) {
  const auto load = [this](const std::string& name, char digit) {
    return *SchoolKey::Load(Write(name, std::string(64, digit)));
  };
  const SchoolKey key = load("a", 'a'), same = load("b", 'a'), other = load("c", 'c');
  EXPECT_EQ(key.Derive("cache").bytes(), same.Derive("cache").bytes());
  EXPECT_NE(key.Derive("cache").bytes(), key.Derive("rows").bytes());
  EXPECT_NE(key.Derive("cache").bytes(), other.Derive("cache").bytes());
  EXPECT_NE(key.Derive("cache").bytes(), absl::HexStringToBytes(std::string(64, 'a')));
}

TEST_F(SchoolKeyTest, TakesTheWholeFileOrNothing) {
  const std::string hex(64, 'a');
  const struct {
    std::string content;
    mode_t mode;
    std::string reason;
  } rows[] = {
      {hex, 0600, ""},
      {hex + "\n", 0400, ""},
      {std::string(64, 'A'), 0600, ""},
      {std::string(32, '\x07'), 0600, ""},
      {hex + "\n\n", 0600, "SCHOOL_KEY"},
      {hex + "a", 0600, "SCHOOL_KEY"},
      {" " + hex.substr(1), 0600, "SCHOOL_KEY"},
      {std::string(64, 'g'), 0600, "SCHOOL_KEY"},
      {std::string(31, '\x07'), 0600, "SCHOOL_KEY"},
      {"", 0600, "SCHOOL_KEY"},
      {std::string(20'000, 'a'), 0600, "SECRET_FILE"},
      {hex, 0640, "SECRET_FILE"},
      {hex, 0604, "SECRET_FILE"},
      {hex, 0644, "SECRET_FILE"},
  };
  for (const auto& row : rows) {
    const auto key = SchoolKey::Load(Write("key", row.content, row.mode));
    EXPECT_EQ(ReasonOf(key.status()), row.reason) << row.content << " " << row.mode;
    EXPECT_EQ(key.ok(), row.reason.empty());
    unlink((folder_ + "/key").c_str());
  }
  EXPECT_EQ(ReasonOf(SchoolKey::Load(folder_ + "/none").status()), "SECRET_FILE");
  EXPECT_EQ(ReasonOf(SchoolKey::Load(folder_).status()), "SECRET_FILE");
}

TEST_F(SchoolKeyTest, AnErrorDoesNotShowTheKey) {
  const auto status = SchoolKey::Load(Write("key", std::string(63, 'b'))).status();
  EXPECT_EQ(std::string(status.message()).find("bbbb"), std::string::npos) << status;
}

TEST_F(SchoolKeyTest, UnwrapsForTheSamePersonOnly) {
  const SchoolKey school = SchoolKey::Random();
  const Key person = Key::Random();
  const std::string wrapped = school.Wrap(person, "schools/nancy/candidates/1");
  EXPECT_EQ(wrapped.size(), 68u);
  const auto unwrapped = school.Unwrap(wrapped, "schools/nancy/candidates/1");
  ASSERT_TRUE(unwrapped.ok()) << unwrapped.status();
  EXPECT_EQ(unwrapped->bytes(), person.bytes());
  EXPECT_EQ(ReasonOf(school.Unwrap(wrapped, "schools/nancy/candidates/2").status()),
            "DECRYPTION_FAILED");
  EXPECT_EQ(ReasonOf(SchoolKey::Random().Unwrap(wrapped, "schools/nancy/candidates/1").status()),
            "SCHOOL_KEY");
  EXPECT_EQ(ReasonOf(school.Unwrap("", "schools/nancy/candidates/1").status()), "SCHOOL_KEY");
  EXPECT_EQ(ReasonOf(school.Unwrap(wrapped.substr(0, 8), "schools/nancy/candidates/1").status()),
            "DECRYPTION_FAILED");
}

TEST_F(SchoolKeyTest, RotatesWithTwoValidKeys) {
  const std::string old_path = Write("old", std::string(64, '1')),
                    new_path = Write("new", std::string(64, '2'));
  const auto before = SchoolKey::Load(old_path), during = SchoolKey::Load(new_path, old_path),
             after = SchoolKey::Load(new_path);
  ASSERT_TRUE(before.ok() && during.ok() && after.ok());
  const Key person = Key::Random();
  const std::string old_wrapped = before->Wrap(person, "p"),
                    new_wrapped = during->Wrap(person, "p");
  EXPECT_TRUE(during->IsOutdated(old_wrapped));
  EXPECT_FALSE(during->IsOutdated(new_wrapped));
  for (const auto& wrapped : {old_wrapped, new_wrapped}) {
    const auto unwrapped = during->Unwrap(wrapped, "p");
    ASSERT_TRUE(unwrapped.ok()) << unwrapped.status();
    EXPECT_EQ(unwrapped->bytes(), person.bytes());
  }
  EXPECT_FALSE(after->Unwrap(old_wrapped, "p").ok());
  EXPECT_TRUE(after->Unwrap(new_wrapped, "p").ok());

  const auto indexes = during->BlindIndexes("candidates.email", "a@b.fr");
  ASSERT_EQ(indexes.size(), 2u);
  EXPECT_EQ(indexes[0], after->BlindIndex("candidates.email", "a@b.fr"));
  EXPECT_EQ(indexes[1], before->BlindIndex("candidates.email", "a@b.fr"));
  EXPECT_EQ(ReasonOf(SchoolKey::Load(new_path, new_path).status()), "SCHOOL_KEY");
}

TEST_F(SchoolKeyTest, StandsInAFolderWithTheOneBefore) {
  EXPECT_FALSE(SchoolKey::OfFolder(folder_).ok());
  const SchoolKey first = *SchoolKey::Load(Write(kSchoolKeyFile, std::string(64, '1')));
  const auto alone = SchoolKey::OfFolder(folder_);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ(alone->id(), first.id());
  EXPECT_EQ(&alone->PreviousFirst(), &*alone);
  Write(kPreviousSchoolKeyFile, std::string(64, '1'));
  EXPECT_EQ(ReasonOf(SchoolKey::OfFolder(folder_).status()), "SCHOOL_KEY");
  Write(kSchoolKeyFile, std::string(64, '2'));
  const auto both = SchoolKey::OfFolder(folder_);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_NE(both->id(), first.id());
  EXPECT_TRUE(both->Has(first.id()) && both->Has(both->id()));
  EXPECT_FALSE(both->Has(SchoolKey::Random().id()));
  const SchoolKey& turned = both->PreviousFirst();
  EXPECT_EQ(turned.id(), first.id());
  EXPECT_TRUE(turned.Has(both->id()));
  EXPECT_EQ(turned.BlindIndex("purpose", "text"), first.BlindIndex("purpose", "text"));
  EXPECT_EQ(PublicKeyLine(turned.signing_key()), PublicKeyLine(first.signing_key()));
  EXPECT_EQ(turned.row_keys()[1].Of("row"), both->row_keys()[0].Of("row"));
}

TEST_F(SchoolKeyTest, BlindIndexMatchesWhatIsTheSameAddress) {
  const SchoolKey school = SchoolKey::Random();
  const std::string index = school.BlindIndex("candidates.email", "awa.diop@example.org");
  EXPECT_EQ(index.size(), 32u);
  EXPECT_EQ(index, school.BlindIndex("candidates.email", " Awa.Diop@Example.ORG\n"));
  std::set<std::string> different = {
      index, school.BlindIndex("candidates.email", "awa.diop@example.com"),
      school.BlindIndex("contacts.email", "awa.diop@example.org"),
      SchoolKey::Random().BlindIndex("candidates.email", "awa.diop@example.org"),
      school.BlindIndex("candidates.email", "")};
  EXPECT_EQ(different.size(), 5u);
}

}  // namespace
}  // namespace vivier::security
