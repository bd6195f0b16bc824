// Bits that a disk changes: in the pages of a database's file, in its log, and what SQLite alone
// would not have noticed.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "shared/base/status.h"
#include "shared/storage/engines/sqlite_pages.h"
#include "shared/storage/engines/sqlite_vfs.h"
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kFlips = 1000;
constexpr uint32_t kSeed = 20261130;

std::string ReadAll(const std::string& path) {
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void Flip(std::string& bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
}

// All rows of both tables, by the table and by the index; or the error of who reads them.
absl::StatusOr<std::string> Content(Connection& connection) {
  std::string content;
  RETURN_IF_ERROR(connection.Begin(Access::kLongRead));
  for (const char* sql : {"SELECT id, name, amount, data FROM things ORDER BY school, id",
                          "SELECT name, school, id FROM things INDEXED BY things_by_name "
                          "WHERE name >= '' ORDER BY name",
                          "SELECT id, note FROM notes ORDER BY id"}) {
    ASSIGN_OR_RETURN(const Result result, connection.Query(sql));
    for (const Row& row : result.rows)
      for (const Value& value : row) {
        if (const auto* number = std::get_if<int64_t>(&value)) absl::StrAppend(&content, *number);
        if (const auto* text = std::get_if<std::string>(&value)) content += *text;
        if (const auto* bytes = std::get_if<Bytes>(&value)) content += bytes->data;
        content += '|';
      }
  }
  RETURN_IF_ERROR(connection.Commit());
  return content;
}

class PagesTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    Script(
        "CREATE INDEX things_by_name ON things (name);"
        "CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY, note TEXT);"
        "CREATE TABLE gone (id BIGINT NOT NULL PRIMARY KEY, data BYTEA);");
    Fill();
  }

  std::string Path() const { return url_.substr(url_.find(':') + 1); }

  // Rows with pages of their own, rows of a few bytes, and pages that are free again.
  void Fill() {
    Begin();
    for (int64_t i = 0; i < 400; ++i)
      Run(*writer_, "INSERT INTO things VALUES ('nancy', $1, $2, $3, $1)",
          {{i, absl::StrCat("name ", i * 7919 % 400), Bytes{std::string(i % 8 * 900, 'd')}}});
    for (int64_t i = 0; i < 2000; ++i)
      Run(*writer_, "INSERT INTO notes VALUES ($1, $2)", {{i, absl::StrCat("note ", i)}});
    for (int64_t i = 0; i < 60; ++i)
      Run(*writer_, "INSERT INTO gone VALUES ($1, $2)", {{i, Bytes{std::string(9000, 'g')}}});
    Commit();
    Do("DELETE FROM gone WHERE id > 3");
  }

  // The content, once all of it is in the database's file and nobody has that open.
  std::string Close() {
    const absl::StatusOr<std::string> content = Content(*Connect(Access::kRead));
    EXPECT_TRUE(content.ok()) << content.status();
    EXPECT_EQ(writer_->Maintain(/*idle=*/true), absl::OkStatus());
    writer_.reset();
    database_.reset();
    return content.value_or("");
  }

  // Whether somebody hears of damage: a connection is refused, a page does not pass, or a reading
  // fails. A reading that succeeds must show what was written.
  bool IsNoticed(const std::string& content) {
    const auto database = *Database::Open(url_);
    const absl::StatusOr<StorageCheck> check = database->CheckStorage();
    EXPECT_TRUE(check.ok()) << check.status();
    const auto reader = database->Connect(Access::kRead);
    const absl::StatusOr<std::string> read =
        reader.ok() ? Content(**reader) : absl::StatusOr<std::string>(reader.status());
    EXPECT_TRUE(!read.ok() || *read == content) << "shown as if it had been written";
    EXPECT_TRUE(read.ok() || absl::IsDataLoss(read.status())) << read.status();
    return check.ok() && !check->damaged.empty();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PagesTest, ::testing::Values(Engine::kSqlite),
                         testing::EngineName);

// The numbers of the pages, from 0, that hold nothing: what the list of free pages names.
std::set<size_t> FreePages(const std::string& file) {
  const auto number = [&](size_t offset) {
    size_t value = 0;
    for (size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(file[offset + i]);
    return value;
  };
  std::set<size_t> free;
  for (size_t trunk = number(32); trunk != 0; trunk = number((trunk - 1) * kPageBytes)) {
    const size_t start = (trunk - 1) * kPageBytes;
    for (size_t leaf = 0; leaf < number(start + 4); ++leaf)
      free.insert(number(start + 8 + 4 * leaf) - 1);
  }
  return free;
}

// A random bit of a page that is in use, or is not.
size_t RandomBit(std::mt19937& random, const std::string& file, const std::set<size_t>& free,
                 bool of_free) {
  while (true) {
    const size_t bit = std::uniform_int_distribution<size_t>(0, file.size() * 8 - 1)(random);
    if (free.count(bit / 8 / kPageBytes) == (of_free ? 1u : 0u)) return bit;
  }
}

// Whether SQLite finds damage where nobody compares checksums.
bool DoesSqliteNotice(const std::string& path) {
  sqlite3* db = nullptr;
  std::string said;
  const auto add = [](void* text, int, char** values, char**) {
    *static_cast<std::string*>(text) += values[0];
    return 0;
  };
  const bool opened = sqlite3_open(path.c_str(), &db) == SQLITE_OK;
  const int code = sqlite3_exec(db, "PRAGMA integrity_check(1)", add, &said, nullptr);
  sqlite3_close(db);
  return !opened || code != SQLITE_OK || said != "ok";
}

TEST_P(PagesTest, NoFlippedBitOfAUsedPageGoesUnnoticed) {
  const std::string content = Close();
  const std::string file = ReadAll(Path());
  const std::set<size_t> free = FreePages(file);
  ASSERT_GT(free.size(), 50u) << "nothing is free";
  std::mt19937 random(kSeed);
  int unnoticed = 0, by_sqlite = 0;
  for (int i = 0; i < kFlips; ++i) {
    std::string damaged = file;
    const size_t bit = RandomBit(random, file, free, /*of_free=*/false);
    Flip(damaged, bit);
    WriteAll(Path(), damaged);
    if (!IsNoticed(content)) {
      ++unnoticed;
      ADD_FAILURE() << "seed " << kSeed << ": bit " << bit << " went unnoticed";
    }
    if (DoesSqliteNotice(Path())) ++by_sqlite;
  }
  std::cout << kFlips << " flipped bits in " << file.size() / kPageBytes - free.size()
            << " used pages, seed " << kSeed << ": " << unnoticed << " unnoticed; SQLite alone "
            << kFlips - by_sqlite << "\n";
  EXPECT_EQ(unnoticed, 0);
  EXPECT_GT(kFlips - by_sqlite, kFlips / 10) << "the checksums had nothing to find";
}

// What is in a free page is never read, and what is shown stays as it was.
TEST_P(PagesTest, AFlippedBitOfAFreePageHarmsNothing) {
  const std::string content = Close();
  const std::string file = ReadAll(Path());
  const std::set<size_t> free = FreePages(file);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 50; ++i) {
    std::string damaged = file;
    Flip(damaged, RandomBit(random, file, free, /*of_free=*/true));
    WriteAll(Path(), damaged);
    EXPECT_FALSE(IsNoticed(content));
    Reopen();
    Begin();
    Run(*writer_, "INSERT INTO gone SELECT id + 100, data FROM things");
    Commit();
    Close();
  }
}

TEST_P(PagesTest, APageInThePlaceOfAnotherIsNoticed) {
  const std::string content = Close();
  std::string file = ReadAll(Path());
  file.replace(8 * kPageBytes, kPageBytes, file.substr(9 * kPageBytes, kPageBytes));
  WriteAll(Path(), file);
  EXPECT_TRUE(IsNoticed(content));
}

// The index was made to be partial, and then to say that it is none.
TEST_P(PagesTest, AnIndexThatLacksARowIsNoticed) {
  const std::string content = Close();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open_v2(Path().c_str(), &db, SQLITE_OPEN_READWRITE, VivierVfs()), SQLITE_OK);
  for (const char* sql :
       {"DROP INDEX things_by_name", "CREATE INDEX things_by_name ON things (name) WHERE id <> 7",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX things_by_name ON things (name)' "
        "WHERE name = 'things_by_name'"})
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
  const absl::StatusOr<StorageCheck> check = (*Database::Open(url_))->CheckStorage();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->damaged,
              ::testing::Contains(::testing::HasSubstr("missing from index things_by_name")));
}

TEST_P(PagesTest, AFileThatIsCutIsNoticed) {
  const std::string content = Close();
  const std::string file = ReadAll(Path());
  for (const size_t bytes : {file.size() - kPageBytes, size_t{5000}}) {
    WriteAll(Path(), file.substr(0, bytes));
    EXPECT_TRUE(IsNoticed(content)) << bytes;
  }
}

// SQLite would read a mapped file without asking us.
TEST_P(PagesTest, MemoryMapsDoNotPassByTheChecksums) {
  Close();
  std::string file = ReadAll(Path());
  for (size_t page = 2; page < file.size() / kPageBytes; ++page)
    Flip(file, (page * kPageBytes + kPageBytes / 2) * 8);
  WriteAll(Path(), file);
  const auto database = *Database::Open(url_);
  const auto reader = *database->Connect(Access::kRead);
  ASSERT_EQ(reader->Begin(Access::kRead), absl::OkStatus());
  EXPECT_TRUE(reader->Query("PRAGMA mmap_size = 1000000000").ok());
  EXPECT_EQ(reader->Query("SELECT name FROM things").status().code(), absl::StatusCode::kDataLoss);
}

// Nothing is converted: a backup made by whoever wrote it restores into a file with checksums.
TEST_P(PagesTest, AFileWithoutChecksumsIsRefused) {
  Close();
  fs::remove(Path());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "CREATE TABLE things (id)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const auto database = *Database::Open(url_);
  for (const Access access : {Access::kRead, Access::kWrite}) {
    const absl::Status status = database->Connect(access).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), ::testing::HasSubstr("without the checksums of its pages"));
  }
}

// A database with a log as a process leaves it that is killed.
class LogTest : public PagesTest {
 protected:
  // Everything in the file but what `changes` transactions of one row wrote to the log.
  void Write(int changes) {
    ASSERT_EQ(writer_->Maintain(/*idle=*/true), absl::OkStatus());
    for (int i = 0; i < changes; ++i)
      Do("UPDATE things SET amount = amount + 1 WHERE id = $1", {{i * 19}});
    content_ = *Content(*Connect(Access::kRead));
  }

  // As if it had been killed now; the database is one at another place from here on.
  void Kill() {
    const std::string copy = Path() + ".killed";
    for (const char* suffix : {"", "-wal", "-shm"}) files_.push_back(ReadAll(Path() + suffix));
    writer_.reset();
    database_.reset();
    url_ = "sqlite:" + copy;
  }

  // Puts the files there, the log changed by `damage`; the index if `with_index`.
  void Put(const std::function<void(std::string&)>& damage, bool with_index) {
    std::string log = files_[1];
    damage(log);
    WriteAll(Path(), files_[0]);
    WriteAll(Path() + "-wal", log);
    fs::remove(Path() + "-shm");
    if (with_index) WriteAll(Path() + "-shm", files_[2]);
  }

  // What a start finds: the error of a refusal, or the content.
  absl::StatusOr<std::string> Start() {
    const auto database = *Database::Open(url_);
    ASSIGN_OR_RETURN(const auto writer, database->Connect(Access::kWrite));
    return Content(*writer);
  }

  std::vector<std::string> files_;
  std::string content_;
};
INSTANTIATE_TEST_SUITE_P(Engines, LogTest, ::testing::Values(Engine::kSqlite), testing::EngineName);

constexpr size_t kLogHeaderBytes = 32, kFrameBytes = 24 + kPageBytes;

TEST_P(LogTest, AWholeLogIsTaken) {
  Write(20);
  Kill();
  for (const bool with_index : {true, false}) {
    Put([](std::string&) {}, with_index);
    const absl::StatusOr<std::string> found = Start();
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(*found == content_);
  }
}

// SQLite takes what it cannot read for the end of the log, and all behind it would be gone.
TEST_P(LogTest, NoFlippedBitOfTheLogLosesWhatWasCommitted) {
  Write(20);
  Kill();
  std::mt19937 random(kSeed);
  for (int i = 0; i < 200; ++i) {
    const size_t bit = std::uniform_int_distribution<size_t>(0, files_[1].size() * 8 - 1)(random);
    Put([&](std::string& log) { Flip(log, bit); }, /*with_index=*/true);
    EXPECT_EQ(Start().status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
  }
}

// After a loss of power the index is gone or old; all but the last transaction was synced.
TEST_P(LogTest, OnlyTheLastTransactionMayBeTorn) {
  Write(20);
  Kill();
  const size_t frames = (files_[1].size() - kLogHeaderBytes) / kFrameBytes;
  ASSERT_GE(frames, 20u);
  for (size_t frame = 0; frame < frames; ++frame) {
    const size_t middle = kLogHeaderBytes + frame * kFrameBytes + kFrameBytes / 2;
    Put([&](std::string& log) { Flip(log, middle * 8); }, /*with_index=*/false);
    const absl::StatusOr<std::string> found = Start();
    if (frame + 1 < frames) {
      EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss) << frame;
    } else {
      EXPECT_TRUE(found.ok()) << found.status();
    }
  }
  Put([&](std::string& log) { log.resize(log.size() - kPageBytes); }, /*with_index=*/false);
  EXPECT_TRUE(Start().ok()) << "the disk may have taken a part of it";
}

// SQLite compares no page of the log while the process lives.
TEST_P(LogTest, APageOfTheLogThatChangesIsNeitherShownNorKept) {
  Write(20);
  const std::string log = ReadAll(Path() + "-wal");
  std::fstream file(Path() + "-wal", std::ios::in | std::ios::out | std::ios::binary);
  for (size_t frame = 0; kLogHeaderBytes + frame * kFrameBytes < log.size(); ++frame) {
    const size_t middle = kLogHeaderBytes + frame * kFrameBytes + kFrameBytes / 2;
    file.seekp(static_cast<std::streamoff>(middle));
    file.put(static_cast<char>(log[middle] ^ 4));
  }
  file.close();
  EXPECT_EQ(Content(*Connect(Access::kRead)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(writer_->Maintain(/*idle=*/true).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace vivier::storage
