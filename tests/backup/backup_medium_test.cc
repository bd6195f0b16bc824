// Backups of a site that serves, on both engines: every generation is one instant of all services,
// and what is put back is what was there, whichever engine it was on and is put on.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "demo/figures.h"
#include "demo/steps.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/backup/forks.h"
#include "shared/backup/place.h"
#include "shared/backup/restore.h"
#include "shared/backup/take.h"
#include "shared/base/error.h"
#include "shared/service/catalogue.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;
using storage::Engine;

// The services of a World as a client reaches them.
class WorldReach : public command::Reach {
 public:
  explicit WorldReach(testing::World& world) : world_(world) {}
  absl::StatusOr<std::shared_ptr<rpc::Channel>> To(const std::string&) override {
    return world_.site().channel();
  }
  absl::StatusOr<std::string> Authorization(const security::Caller& caller) override {
    return world_.site().Authorization(caller);
  }

 private:
  testing::World& world_;
};

void Tell(testing::World& world) {
  const auto folder = demo::ReadFolder(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/demo/nancy"));
  ASSERT_TRUE(folder.ok()) << folder.status();
  WorldReach reach(world);
  command::Client client(reach);
  std::ostringstream lines;
  const std::unique_ptr<site::Clock> clock = testing::ClockOf(world);
  demo::Stage stage{*folder, client, *clock, testing::World::kSchool, lines, "", {}, {}};
  ASSERT_EQ(demo::TellStory(stage), absl::OkStatus()) << lines.str();
}

class BackupTest : public ::testing::TestWithParam<Engine> {
 protected:
  BackupTest() {
    std::string pattern = (fs::temp_directory_path() / "vivier-backup-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~BackupTest() override { fs::remove_all(folder_); }

  std::vector<Source> SourcesOf(const testing::World& world) const {
    std::vector<Source> sources;
    for (const std::string& service : rpc::TradeServices())
      sources.push_back({service, world.DatabaseUrl(service)});
    return sources;
  }

  // An empty place for a school.
  Target Place(Engine engine) {
    Target target{absl::StrCat(folder_, "/place", ++places_), ""};
    fs::create_directories(target.data);
    if (engine == Engine::kPostgres) target.postgres = testing::FreshPostgres();
    return target;
  }
  static std::vector<Source> SourcesOf(const Target& target) {
    std::vector<Source> sources;
    for (const std::string& service : rpc::TradeServices())
      sources.push_back({service, target.postgres.empty()
                                      ? absl::StrCat("sqlite:", target.data, "/db/", service, ".db")
                                      : absl::StrCat("postgres:", service, ":", target.postgres)});
    return sources;
  }

  std::unique_ptr<Store> OpenStore(const std::string& name) {
    auto store = Store::OpenToWrite(folder_ + "/" + name, absl::Now());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static Taken Take(const std::vector<Source>& sources, Store& store) {
    auto taken = TakeBackup(sources, "", absl::Now(), store);
    EXPECT_TRUE(taken.ok()) << taken.status();
    return taken.ok() ? *taken : Taken();
  }
  static absl::StatusOr<int64_t> PutBack(const Target& target, const v1::Manifest& manifest,
                                         const Store& store, bool replace = false) {
    auto alone = Alone::Take(target);
    if (!alone.ok()) return alone.status();
    return Restore({target, replace, "vivier.restore", "a test", absl::Now(), nullptr}, manifest,
                   store, **alone);
  }

  std::string folder_;
  int places_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, BackupTest, testing::BothEngines(), testing::EngineName);

// The tables that a restore itself adds a record to.
bool IsTouchedByRestore(const std::string& table) {
  return table == "audit_records" || table == "heads";
}

void ExpectSameRows(const v1::Manifest& expected, const v1::Manifest& restored) {
  ASSERT_EQ(expected.services_size(), restored.services_size());
  for (int s = 0; s < expected.services_size(); ++s) {
    const v1::ServiceRows &before = expected.services(s), &after = restored.services(s);
    ASSERT_EQ(before.tables_size(), after.tables_size());
    for (int t = 0; t < before.tables_size(); ++t) {
      if (IsTouchedByRestore(before.tables(t).table())) continue;
      EXPECT_EQ(before.tables(t).SerializeAsString(), after.tables(t).SerializeAsString())
          << before.service() << "." << before.tables(t).table();
    }
    EXPECT_EQ(before.ends(0).event_hash(), after.ends(0).event_hash());
    EXPECT_EQ(before.ends(0).audit_number() + 1, after.ends(0).audit_number());
  }
}

// What needs no key is looked at on the way; the generation is made all the same.
TEST_P(BackupTest, TellsWhatWasChangedOutsideTheProgram) {
  testing::World world(GetParam());
  const auto store = OpenStore("changed");
  enrolment::v1::UpdateSchoolRequest update;
  update.mutable_school()->set_name("schools/nancy");
  update.mutable_school()->set_title("Nancy");
  update.set_allow_missing(true);
  ASSERT_EQ(world.Write<enrolment::v1::School>(update).status(), absl::OkStatus());
  world.Settle();
  EXPECT_THAT(Take(SourcesOf(world), *store).findings, ::testing::IsEmpty());
  world.Stop();
  const auto execute = [&](const std::string& sql) {
    const auto database = *storage::Database::Open(world.DatabaseUrl("enrolment"));
    const auto connection = *database->Connect(storage::Access::kWrite);
    ASSERT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection->Query(sql).status(), absl::OkStatus()) << sql;
    ASSERT_EQ(connection->Commit(), absl::OkStatus());
  };
  execute("DELETE FROM schools");
  EXPECT_THAT(Take(SourcesOf(world), *store).findings,
              ::testing::ElementsAre("enrolment, nancy: schools has 0 rows, 1 were written"));
  execute(GetParam() == Engine::kSqlite ? "DROP TRIGGER audit_records_no_delete"
                                        : "DROP TRIGGER audit_records_no_change ON audit_records");
  execute("DELETE FROM audit_records");
  EXPECT_THAT(Take(SourcesOf(world), *store).findings,
              ::testing::Contains(::testing::HasSubstr(
                  "enrolment, nancy: audit_records do not hold what the last backup has")));
}

TEST_P(BackupTest, IsTheSameOnWhicheverEngineItIsPutBack) {
  testing::World world(GetParam());
  Tell(world);
  world.Settle();
  const std::unique_ptr<Store> store = OpenStore("store");
  const Taken taken = Take(SourcesOf(world), *store);
  ASSERT_EQ(static_cast<size_t>(taken.manifest.services_size()), rpc::TradeServices().size());
  EXPECT_GT(taken.rows, 1000);
  EXPECT_EQ(CheckIsWhole(taken.manifest), absl::OkStatus());
  EXPECT_EQ(Take(SourcesOf(world), *store).bytes_written, 0) << "nothing had changed";
  for (Engine engine : {Engine::kSqlite, Engine::kPostgres}) {
    const Target place = Place(engine);
    const auto rows = PutBack(place, *store->Read(taken.generation), *store);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*rows, taken.rows);
    ExpectSameRows(taken.manifest, Take(SourcesOf(place), *OpenStore("again")).manifest);
  }
}

// One writes as fast as it can, and four services follow. However slow the disk, the log has grown
// between some cuts.
TEST_P(BackupTest, EveryCutIsOneInstantUnderLoad) {
  constexpr int kCuts = 20, kMoved = 6;
  testing::World world(GetParam());
  std::jthread load([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      curriculum::v1::CreateProgrammeRequest request;
      request.set_parent("schools/nancy");
      request.set_programme_id(absl::StrCat("p-", i));
      request.mutable_programme()->set_title("Opérateur");
      EXPECT_TRUE(world.Write<curriculum::v1::Programme>(request).ok());
    }
  });
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  int64_t last = 0;
  for (int cuts = 0, moved = 0; cuts < kCuts || moved < kMoved; ++cuts) {
    ASSERT_LT(absl::Now(), deadline)
        << "void: the log grew between " << moved << " of " << cuts << " cuts";
    const auto cut = Cut::Take(SourcesOf(world));
    ASSERT_TRUE(cut.ok()) << cut.status();
    const auto forks = FindForks(**cut);
    ASSERT_TRUE(forks.ok()) << forks.status();
    EXPECT_EQ(forks->size(), 0u);
    const auto described = Describe(*(*cut)->Find("curriculum"));
    ASSERT_TRUE(described.ok()) << described.status();
    const int64_t end = described->ends_size() > 0 ? described->ends(0).audit_number() : 0;
    moved += end != last;
    last = end;
  }
}

TEST_P(BackupTest, RefusesWhatWouldLoseData) {
  testing::World world(GetParam());
  Tell(world);
  const std::unique_ptr<Store> store = OpenStore("store");
  const Taken taken = Take(SourcesOf(world), *store);
  const Target place = Place(GetParam());
  ASSERT_TRUE(PutBack(place, taken.manifest, *store).ok());
  EXPECT_EQ(ReasonOf(PutBack(place, taken.manifest, *store).status()), "TARGET_NOT_EMPTY");
  EXPECT_TRUE(PutBack(place, taken.manifest, *store, /*replace=*/true).ok());

  std::vector<Source> four = SourcesOf(place);
  four.pop_back();
  EXPECT_EQ(ReasonOf(TakeBackup(four, "", absl::Now(), *store).status()), "BACKUP_UNUSABLE");

  const auto database = *storage::Database::Open(SourcesOf(place)[1].url);
  const auto writer = *database->Connect(storage::Access::kWrite);
  EXPECT_EQ(ReasonOf(PutBack(place, taken.manifest, *store, /*replace=*/true).status()),
            "STILL_RUNNING");
}

// PostgreSQL counts a connection for a moment after its process has ended: one that goes is waited
// for.
TEST_P(BackupTest, WaitsForAConnectionThatIsGoing) {
  if (GetParam() == Engine::kSqlite) GTEST_SKIP() << "a lock on a file goes with its process";
  const Target place = Place(GetParam());
  const auto database = *storage::Database::Open(SourcesOf(place)[1].url);
  for (int i = 0; i < 20; ++i) {
    auto connection = *database->Connect(storage::Access::kWrite);
    std::jthread going([&] { connection = nullptr; });
    EXPECT_EQ(Alone::Take(place).status(), absl::OkStatus());
  }
}

// A chunk is damaged: nothing of the target has changed.
TEST_P(BackupTest, AFailedRestoreChangesNothing) {
  testing::World world(GetParam());
  Tell(world);
  const std::unique_ptr<Store> store = OpenStore("store");
  const Taken taken = Take(SourcesOf(world), *store);
  const Target place = Place(GetParam());
  ASSERT_TRUE(PutBack(place, taken.manifest, *store).ok());
  const Taken before = Take(SourcesOf(place), *OpenStore("before"));
  size_t damaged = 0;
  for (const auto& entry : fs::recursive_directory_iterator(store->folder() + "/chunks")) {
    if (!entry.is_regular_file() || entry.file_size() < 100) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(50);
    file.put('\xff');
    ++damaged;
  }
  ASSERT_GT(damaged, 10u);
  EXPECT_EQ(ReasonOf(PutBack(place, taken.manifest, *store, /*replace=*/true).status()),
            "BACKUP_UNUSABLE");
  const Taken after = Take(SourcesOf(place), *OpenStore("after"));
  for (int s = 0; s < 5; ++s)
    EXPECT_EQ(before.manifest.services(s).SerializeAsString(),
              after.manifest.services(s).SerializeAsString());
}

}  // namespace
}  // namespace vivier::backup
