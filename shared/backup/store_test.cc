// The folder of backups: what is whole is found, what is damaged is refused, what is old is deleted
// by the rule.
#include "shared/backup/store.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2026, 11, 23, 5, 30, 0), absl::UTCTimeZone());

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (fs::temp_directory_path() / "vivier-store-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Open();
  }
  ~StoreTest() override { fs::remove_all(folder_); }

  void Open() {
    store_ = nullptr;
    auto store = Store::OpenToWrite(folder_, kNow);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // A generation of one chunk with these bytes.
  std::string Add(const std::string& bytes, absl::Time time) {
    v1::Manifest manifest;
    manifest.mutable_create_time()->set_seconds(absl::ToUnixSeconds(time));
    *manifest.add_services()->add_tables()->add_chunks() = *store_->Put(bytes);
    return *store_->Seal(manifest);
  }

  size_t Chunks() const {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/chunks"))
      count += entry.is_regular_file();
    return count;
  }
  std::string PathOf(const std::string& bytes) const {
    const std::string name = Hex(Sha256(bytes));
    return absl::StrCat(folder_, "/chunks/", name.substr(0, 2), "/", name);
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, KeepsOneChunkForTheSameBytes) {
  const std::string first = Add("rows", kNow - absl::Minutes(2)),
                    second = Add("rows", kNow - absl::Minutes(1));
  EXPECT_EQ(Chunks(), 1u);
  EXPECT_EQ(store_->written(), 4);
  EXPECT_THAT(store_->Generations(), testing::ElementsAre(first, second));
  EXPECT_EQ(*store_->Find(""), second);
  EXPECT_EQ(*store_->Find("2026-11-23T05-28"), first);
  EXPECT_EQ(ReasonOf(store_->Find("2026-11-22").status()), "BACKUP_UNUSABLE");
  EXPECT_EQ(*store_->Get(Sha256("rows")), "rows");
}

TEST_F(StoreTest, RefusesWhatIsDamaged) {
  const std::string generation = Add("rows", kNow);
  std::ofstream(PathOf("rows")) << "rowz";
  EXPECT_EQ(ReasonOf(store_->Get(Sha256("rows")).status()), "BACKUP_UNUSABLE");
  std::ofstream(folder_ + "/generations/" + generation, std::ios::app) << "x";
  EXPECT_EQ(ReasonOf(store_->Read(generation).status()), "BACKUP_UNUSABLE");
  EXPECT_EQ(ReasonOf(store_->Get(Sha256("absent")).status()), "BACKUP_UNUSABLE");
}

TEST_F(StoreTest, RefusesAFolderWithoutABackup) {
  EXPECT_EQ(ReasonOf(Store::OpenToRead(folder_).status()), "BACKUP_UNUSABLE");
  EXPECT_EQ(ReasonOf(Store::OpenToRead(folder_ + "/none").status()), "BACKUP_UNUSABLE");
}

TEST_F(StoreTest, OneWriterAtATime) {
  EXPECT_TRUE(absl::IsUnavailable(Store::OpenToWrite(folder_, kNow).status()));
  store_ = nullptr;
  EXPECT_TRUE(Store::OpenToWrite(folder_, kNow).ok());
}

// What an interrupted backup left behind, whole or torn, is in no generation and is not taken for a
// chunk later.
TEST_F(StoreTest, SweepsWhatAnInterruptedBackupLeft) {
  const std::string generation = Add("kept", kNow);
  ASSERT_TRUE(store_->Put("half a generation").ok());
  std::ofstream(PathOf("half a generation")) << "torn by a power cut";
  std::ofstream(folder_ + "/generations/" + generation + ".new") << "not sealed";
  Open();
  EXPECT_EQ(Chunks(), 1u);
  EXPECT_THAT(store_->Generations(), testing::ElementsAre(generation));
  EXPECT_EQ(*store_->Get(*store_->Put("half a generation")), "half a generation");
}

TEST_F(StoreTest, DeletesWhatTheRuleDoesNotKeep) {
  const std::string old = Add("old", kNow - absl::Hours(24 * 40)), fresh = Add("fresh", kNow);
  ASSERT_EQ(store_->Prune(kNow), absl::OkStatus());
  EXPECT_THAT(store_->Generations(), testing::ElementsAre(fresh));
  EXPECT_EQ(Chunks(), 1u);
}

// A month of a generation every half minute.
TEST_F(StoreTest, TheRuleKeepsFewAndForgetsNoPeriod) {
  std::vector<std::string> names;
  for (absl::Time time = kNow - absl::Hours(24 * 50); time <= kNow; time += absl::Seconds(30))
    names.push_back(absl::FormatTime("%Y-%m-%dT%H-%M-%E3SZ.x", time, absl::UTCTimeZone()));
  const std::vector<std::string> kept = Kept(names, kNow);
  const auto between = [&](absl::Duration from, absl::Duration to) {
    const auto name = [](absl::Time time) {
      return absl::FormatTime("%Y-%m-%dT%H-%M-%E3SZ.x", time, absl::UTCTimeZone());
    };
    return std::count_if(kept.begin(), kept.end(), [&](const std::string& each) {
      return each >= name(kNow - to) && each <= name(kNow - from);
    });
  };
  EXPECT_EQ(kept.back(), names.back());
  EXPECT_EQ(between(absl::ZeroDuration(), Store::kKeepAll), 241);
  EXPECT_GE(between(Store::kKeepAll, Store::kKeepHourly), 46);
  EXPECT_LE(kept.size(), 330u);
  EXPECT_GE(between(Store::kKeepHourly, Store::kKeepDaily), 33);
  EXPECT_EQ(between(Store::kKeepDaily + absl::Hours(1), absl::Hours(24 * 50)), 0);
  EXPECT_THAT(Kept({"2020-01-01T00-00-00.000Z.x"}, kNow),
              testing::SizeIs(1));  // the last one, however old
}

}  // namespace
}  // namespace vivier::backup
