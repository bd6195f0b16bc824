// Disks that are full, files that are damaged, a log that grows.
#include <pwd.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

// A file system in memory of 2 MiB; only root may mount one.
class SmallDisk {
 public:
  SmallDisk() {
    std::string pattern = std::filesystem::temp_directory_path() / "vivier-disk-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=2m,mode=0777") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

// No file of this process may grow beyond a size.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

class FileTest : public StorageTest {
 protected:
  std::string Path() const { return url_.substr(url_.find(':') + 1); }
  uintmax_t LogBytes() const { return std::filesystem::file_size(Path() + "-wal"); }
  void Close() {
    writer_.reset();
    database_.reset();
  }
  void Overwrite(std::streamoff offset, const std::string& bytes) {
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
  }
  // The first failure of adding `rows` rows of 64 KiB.
  absl::Status AddLarge(Connection& connection, const std::string& table, int64_t rows) {
    absl::Status status;
    for (int64_t i = 0; i < rows && status.ok(); ++i)
      status = connection
                   .Query("INSERT INTO " + table + " (school, id, data) VALUES ('large', $1, $2)",
                          {{i, Bytes{std::string(64 << 10, 'x')}}})
                   .status();
    return status;
  }
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(FileTest)

// A limit on SQLite's pages and a table space on a small disk of PostgreSQL fill up within the
// batch.
TEST_P(FileTest, DiskFullInABatch) {
  const SmallDisk disk;
  if (GetParam() == Engine::kPostgres) {
    if (!disk.mounted())
      GTEST_SKIP() << "declared exception: only root may mount the small disk of a table space";
    const std::string space = "small_" + absl::StrCat(getpid());
    ASSERT_EQ(chown(disk.path().c_str(), getpwnam("postgres")->pw_uid, static_cast<gid_t>(-1)), 0);
    const std::string psql = "psql -q -X '" + url_.substr(url_.find(':', 9) + 1) + "' -c \"";
    ASSERT_EQ(
        std::system(
            (psql + "CREATE TABLESPACE " + space + " LOCATION '" + disk.path() + "'\"").c_str()),
        0);
    Script(
        "CREATE TABLE large (school TEXT, id BIGINT, data BYTEA) WITH (toast_tuple_target = 8160) "
        "TABLESPACE " +
        space +
        ";"
        "ALTER TABLE large ALTER COLUMN data SET STORAGE EXTERNAL;");
  } else {
    Script("CREATE TABLE large (school TEXT, id BIGINT, data BYTEA);");
    EXPECT_GT(Number("PRAGMA max_page_count = 100"), 0);
  }
  AddCommitted(1);
  Begin();
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  EXPECT_EQ(AddLarge(*writer_, "large", 100).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Add(*writer_, 3).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kResourceExhausted);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
  if (GetParam() == Engine::kPostgres) {
    Script("DROP TABLE large;");
    const std::string psql = "psql -q -X '" + url_.substr(url_.find(':', 9) + 1) + "' -c \"";
    EXPECT_EQ(
        std::system((psql + "DROP TABLESPACE small_" + absl::StrCat(getpid()) + "\"").c_str()), 0);
  }
}
// SQLite keeps a small batch in memory and finds the disk full at COMMIT only.
TEST_P(FileTest, DiskFullAtCommit) {
  const SmallDisk disk;
  if (!disk.mounted())
    GTEST_SKIP() << "declared exception: only root may mount; FileLimitAtCommit runs everywhere";
  url_ = "sqlite:" + disk.path() + "/small.db";
  Reopen();
  Script("CREATE TABLE things (school TEXT, id BIGINT, name TEXT, data BYTEA);");
  AddCommitted(1);
  Begin();
  EXPECT_EQ(AddLarge(*writer_, "things", 40), absl::OkStatus());
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kResourceExhausted);
  writer_->Rollback();
  EXPECT_EQ(Things(), 1);
  AddCommitted(2);
  Close();
}
// A quota answers otherwise than a full disk, and means the same.
TEST_P(FileTest, FileLimitAtCommit) {
  AddCommitted(1);
  Begin();
  EXPECT_EQ(AddLarge(*writer_, "things", 40), absl::OkStatus());
  {
    const FileLimit limit(LogBytes() + (1 << 20));
    EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kResourceExhausted);
    writer_->Rollback();
    EXPECT_EQ(Number("SELECT COUNT(*) FROM things"), 1);
  }
  AddCommitted(2);
  EXPECT_EQ(Things(), 2);
}
// A file that is none of ours must not be written over.
TEST_P(FileTest, DamagedHeaderIsRefused) {
  Close();
  Overwrite(0, "something else entirely");
  const auto database = *Database::Open(url_);
  for (const Access access : {Access::kRead, Access::kWrite}) {
    const absl::Status status = database->Connect(access).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(status.message(), ::testing::HasSubstr("restore it from a backup"));
  }
}
// The check at start finds a page that nobody has asked for yet.
TEST_P(FileTest, DamagedPageIsRefused) {
  Begin();
  EXPECT_EQ(AddLarge(*writer_, "things", 4), absl::OkStatus());
  for (int64_t i = 0; i < 1000; ++i)
    EXPECT_EQ(Add(*writer_, i, std::string(100, 'x')), absl::OkStatus());
  Commit();
  Close();
  constexpr std::streamoff kPageBytes = 4096;
  Overwrite(kPageBytes, std::string(3 * kPageBytes, '\xA5'));
  const auto database = *Database::Open(url_);
  EXPECT_EQ(database->Connect(Access::kWrite).status().code(), absl::StatusCode::kDataLoss);
}
// Nothing moves the log into the file but the writer's Maintain.
TEST_P(FileTest, MaintainEmptiesTheLog) {
  Begin();
  EXPECT_EQ(AddLarge(*writer_, "things", 100), absl::OkStatus());
  Commit();
  const uintmax_t grown = LogBytes();
  EXPECT_GT(grown, uintmax_t{100 * (64 << 10)});
  EXPECT_EQ(writer_->Maintain(/*idle=*/false), absl::OkStatus());  // below its bound
  EXPECT_EQ(LogBytes(), grown);
  EXPECT_EQ(writer_->Maintain(/*idle=*/true), absl::OkStatus());
  EXPECT_EQ(LogBytes(), 0u);
  EXPECT_EQ(Things(), 100);
}
// Beyond the bound a busy writer checkpoints too, and the log starts again instead of growing.
TEST_P(FileTest, BusyWriterBoundsTheLog) {
  for (int64_t round = 0; round < 3; ++round) {
    Begin();
    Run(*writer_, "DELETE FROM things");
    EXPECT_EQ(AddLarge(*writer_, "things", 300), absl::OkStatus());
    Commit();
    EXPECT_EQ(writer_->Maintain(/*idle=*/false), absl::OkStatus());
  }
  if (GetParam() == Engine::kSqlite) {
    EXPECT_LT(LogBytes(), uintmax_t{2 * 300 * (64 << 10)});
  }
  EXPECT_EQ(Things(), 300);
}
// A reader that holds the log delays the checkpoint, it does not fail it, and keeps its snapshot.
TEST_P(FileTest, ReaderDelaysMaintain) {
  AddCommitted(1);
  const auto reader = Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_EQ(Run(*reader, "SELECT id FROM things").rows.size(), 1u);
  AddCommitted(2);
  EXPECT_EQ(writer_->Maintain(/*idle=*/true), absl::OkStatus());
  EXPECT_EQ(Run(*reader, "SELECT id FROM things").rows.size(), 1u);
  EXPECT_EQ(reader->Commit(), absl::OkStatus());
  EXPECT_EQ(writer_->Maintain(/*idle=*/true), absl::OkStatus());
  EXPECT_EQ(Things(), 2);
}
// A reader that closes last would move the log by default.
TEST_P(FileTest, ReadersNeverCheckpoint) {
  const std::string copy = Path() + ".copy";
  AddCommitted(1);
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(Path() + suffix, copy + suffix);
  const uintmax_t before = std::filesystem::file_size(copy + "-wal");
  {
    const auto database = *Database::Open("sqlite:" + copy);
    auto reader = *database->Connect(Access::kRead);
    ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
    EXPECT_EQ(Run(*reader, "SELECT id FROM things").rows.size(), 1u);
    EXPECT_EQ(reader->Commit(), absl::OkStatus());
    EXPECT_EQ(reader->Maintain(/*idle=*/true), absl::OkStatus());
  }
  EXPECT_EQ(std::filesystem::file_size(copy + "-wal"), before);
}
// A reader must not create the file that a typing error names.
TEST_P(FileTest, ReaderNeedsAFile) {
  const std::string url = testing::FreshUrl(GetParam());
  const auto database = *Database::Open(url);
  EXPECT_EQ(database->Connect(Access::kRead).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(url.substr(7)));
}
// SQLite would let everybody of the machine read it.
TEST_P(FileTest, FileIsPrivate) {
  AddCommitted(1);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat information = {};
    ASSERT_EQ(stat((Path() + suffix).c_str(), &information), 0) << suffix;
    EXPECT_EQ(information.st_mode & 0777, mode_t{0600}) << suffix;
  }
}

}  // namespace
}  // namespace vivier::storage
