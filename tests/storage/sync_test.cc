// A disk that fails when it is told to keep what was written. The calls of libsqlite3 arrive here
// first, because the program's own symbols go before those of libc.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "shared/storage/log/writer.h"
#include "tests/storage/fixture.h"

namespace {

std::atomic<bool> disk_fails = false;
std::atomic<int> syncs = 0;

int Sync(long call, int descriptor) {
  ++syncs;
  if (!disk_fails) return static_cast<int>(syscall(call, descriptor));
  errno = EIO;
  return -1;
}

}  // namespace

extern "C" int fsync(int descriptor) { return Sync(SYS_fsync, descriptor); }
extern "C" int fdatasync(int descriptor) { return Sync(SYS_fdatasync, descriptor); }

namespace vivier::storage {
namespace {

class SyncTest : public StorageTest {
 protected:
  void TearDown() override { disk_fails = false; }
};
INSTANTIATE_TEST_SUITE_P(Engines, SyncTest, ::testing::Values(Engine::kSqlite),
                         testing::EngineName);

// Whether the disk has the transaction nobody can say: it is answered as lost data, and the
// database holds it whole or not at all.
TEST_P(SyncTest, AFailedSyncIsLostDataAndHalvesNothing) {
  AddCommitted(1);
  const int before = syncs;
  Begin();
  EXPECT_EQ(Add(*writer_, 2), absl::OkStatus());
  EXPECT_EQ(Add(*writer_, 3), absl::OkStatus());
  disk_fails = true;
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kDataLoss);
  EXPECT_GT(syncs, before);
  writer_->Rollback();
  disk_fails = false;
  EXPECT_EQ(Things(), 1) << "what failed is not shown";
  Reopen();
  EXPECT_THAT(Things(), ::testing::AnyOf(1, 3));
}

// It is not tried again, for the kernel may have forgotten the pages: the process stops and says
// why.
TEST_P(SyncTest, AFailedSyncStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  class Add : public Work {
   public:
    const std::string& school() const override { return school_; }
    void Want(Transaction::Wanted&) const override {}
    void Run(Transaction& transaction, absl::Time) override {
      EXPECT_EQ(transaction.connection()
                    .Query("INSERT INTO things (school, id) VALUES ('nancy', 1)")
                    .status(),
                absl::OkStatus());
      disk_fails = true;
    }
    void Done(const absl::Status&) override { std::exit(0); }  // an answer would have been given

   private:
    const std::string school_ = "nancy";
  };
  EXPECT_DEATH(
      {
        Script(
            R"(CREATE TABLE heads (school TEXT NOT NULL PRIMARY KEY, event_number BIGINT,
              event_hash BYTEA,
                  audit_number BIGINT, audit_hash BYTEA, sums BYTEA,
                  mac BYTEA);)");
        writer_.reset();
        std::unique_ptr<Writer> writer = *Writer::Start(*database_, nullptr, {}, {});
        EXPECT_EQ(writer->Submit(std::make_unique<Add>()), absl::OkStatus());
        writer->Stop();
        std::exit(0);
      },
      "its disk failed; stopping");
}

}  // namespace
}  // namespace vivier::storage
