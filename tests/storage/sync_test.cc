// A disk that fails when it is told to keep what was written (failing_disk.cc). Whether it has it
// nobody can say, and it is not tried again, for the kernel may have forgotten the pages: the
// process stops and says why, wherever that happens.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "shared/storage/log/writer.h"
#include "tests/storage/fixture.h"
#include "tests/support/process.h"

namespace vivier::storage {
namespace {

namespace fs = std::filesystem;

constexpr char kLine[] = "a sync of the database failed, its disk failed; stopping";

void LetFail(const std::string& what) { setenv("VIVIER_TEST_DISK_FAILS", what.c_str(), 1); }

class SyncTest : public StorageTest {
 protected:
  // `act` must end the process when syncs of `what` fail.
  void ExpectStops(const std::string& what, const std::function<void()>& act) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
          LetFail(what);
          act();
          std::exit(0);
        },
        ::testing::KilledBySignal(SIGABRT), kLine);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, SyncTest, ::testing::Values(Engine::kSqlite),
                         testing::EngineName);

TEST_P(SyncTest, OfTheLogAtACommit) {
  ExpectStops("-wal", [&] { AddCommitted(1); });
}
TEST_P(SyncTest, OfTheFileAtACheckpoint) {
  AddCommitted(1);
  ExpectStops(".db", [&] { writer_->Maintain(/*idle=*/true).IgnoreError(); });
}
// SQLite closes without a word.
TEST_P(SyncTest, OfTheFileAtTheCheckpointOfAClose) {
  AddCommitted(1);
  ExpectStops(".db", [&] { writer_.reset(); });
}
TEST_P(SyncTest, OfTheJournalThatAFileBeginsWith) {
  ExpectStops("-journal", [&] {
    url_ += ".new";
    Reopen();
  });
}
// SQLite ignores it, and a log that is not found after a loss of power takes commits with it.
TEST_P(SyncTest, OfTheFolderOfANewLog) {
  ExpectStops("folder", [&] {
    url_ += ".new";
    Reopen();
  });
}

// Nobody is answered.
TEST_P(SyncTest, UnderTheWriter) {
  class Add : public Work {
   public:
    const std::string& school() const override { return school_; }
    void Want(Transaction::Wanted&) const override {}
    void Run(Transaction& transaction, absl::Time) override {
      EXPECT_EQ(transaction.connection()
                    .Query("INSERT INTO things (school, id) VALUES ('nancy', 1)")
                    .status(),
                absl::OkStatus());
      LetFail("-wal");
    }
    void Done(const absl::Status&) override { std::exit(0); }  // an answer would have been given

   private:
    const std::string school_ = "nancy";
  };
  ExpectStops("", [&] {
    unsetenv("VIVIER_TEST_DISK_FAILS");
    Script(
        R"(CREATE TABLE heads (school TEXT NOT NULL PRIMARY KEY, event_number BIGINT,
              event_hash BYTEA,
                  audit_number BIGINT, audit_hash BYTEA,
                  reading_number BIGINT, reading_hash BYTEA, sums BYTEA,
                  mac BYTEA);)");
    writer_.reset();
    std::unique_ptr<Writer> writer = *Writer::Start(*database_, nullptr, {}, {});
    EXPECT_EQ(writer->Submit(std::make_unique<Add>()), absl::OkStatus());
    writer->Stop();
  });
}

// The real program, on a disk that fails from its start: it stops, and once the disk is mended it
// goes on with what was kept.
TEST(FailingDisk, StopsTheProgram) {
  std::string data = fs::temp_directory_path() / "vivier-disk-XXXXXX";
  ASSERT_NE(mkdtemp(data.data()), nullptr);
  const std::string preload = fs::read_symlink("/proc/self/exe").parent_path() / "failing_disk.so";
  ASSERT_TRUE(fs::exists(preload)) << preload;
  const std::vector<std::string> migrate = {"migrate", "--data", data, "--development"};
  for (const char* what : {"folder", "-wal", ".db"}) {
    setenv("LD_PRELOAD", preload.c_str(), 1);
    LetFail(what);
    std::string said;
    const int status = testing::RunToEnd(migrate, &said);
    unsetenv("LD_PRELOAD");
    unsetenv("VIVIER_TEST_DISK_FAILS");
    EXPECT_EQ(status, 128 + SIGABRT) << what << ": " << said;
    EXPECT_THAT(said, ::testing::HasSubstr(kLine)) << what;
  }
  std::string said;
  EXPECT_EQ(testing::RunToEnd(migrate, &said), 0) << said;
  EXPECT_EQ(testing::RunToEnd({"verify", "--data", data, "--development"}, &said), 0) << said;
  fs::remove_all(data);
}

}  // namespace
}  // namespace vivier::storage
