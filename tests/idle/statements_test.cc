// What a service does for schools where nothing happens, in virtual time: nothing at all, but that
// its trails are anchored once a minute after somebody has written, on a
// database that is its own, and one statement in thirty seconds where replicas share it, however
// many schools there are.
#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/queue/scheduler.h"
#include "shared/site/keepers.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/perform.h"
#include "tests/idle/counted.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using Committers = site::Keepers::Committers;

// Each read is three: it begins, asks and ends.
constexpr int64_t kRead = 3;

std::set<std::string> Schools(int count) {
  std::set<std::string> schools;
  for (int i = 0; i < count; ++i) schools.insert(absl::StrCat("school-", i));
  return schools;
}

// A service with all that keeps it without being asked.
class Kept {
 public:
  Kept(const rpc::Service& service, storage::Engine engine, int schools)
      : database_(FreshDatabase(engine)),
        readers_(database_, &key_),
        begun_(storage::Migrate(database_, service.name())),
        scheduler_({[this](std::function<void()> task) {
                      ++runs_;
                      task();
                      return absl::OkStatus();
                    },
                    [this] { return now_; }, [this] { return now_; }}),
        writer_(*storage::Writer::Start(database_, &key_, {}, Observe())),
        keepers_({&service, Schools(schools), "/nowhere", writer_.get(), &readers_, &scheduler_,
                  engine == storage::Engine::kPostgres ? Committers::kReplicas
                                                       : Committers::kThisProcess,
                  [this] { return now_; }, [this] { return now_; }}) {
    EXPECT_EQ(begun_, absl::OkStatus());
    keepers_.Begin();
    EXPECT_GT(Pass(absl::Minutes(1)), 0) << "what was due before is not looked for";
  }

  // How many statements that takes.
  int64_t Pass(absl::Duration time) {
    const absl::Time end = now_ + time;
    for (absl::Duration patience; now_ < end; now_ += std::min(patience, end - now_)) {
      for (int before = -1; before != runs_; patience = scheduler_.Turn()) before = runs_;
    }
    return database_.Statements();
  }

  // Something is written at one of the schools, which changes no row that a tick watches.
  void WriteAt(const std::string& school) {
    EXPECT_EQ(
        storage::Perform(
            *writer_, school,
            [](storage::Transaction& transaction, absl::Time now) {
              return storage::AppendRecord(transaction, {"test", "test", "", "", "", ""}, now);
            }),
        absl::OkStatus());
    database_.Statements();
  }

  // Once the writer has done what it was given.
  int64_t EventsAt(const std::string& school) {
    int64_t last = -1;
    EXPECT_EQ(storage::Perform(*writer_, school,
                               [&last](storage::Transaction& transaction, absl::Time) {
                                 last = transaction.head().event_number;
                                 return absl::OkStatus();
                               }),
              absl::OkStatus());
    database_.Statements();
    return last;
  }

 private:
  storage::Writer::Observer Observe() {
    storage::Writer::Observer observer;
    observer.committed = [this](const storage::Transaction& transaction) {
      keepers_.Committed(transaction);
    };
    return observer;
  }

  const security::SchoolKey key_ = security::SchoolKey::Random();
  int runs_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  Counted database_;
  rpc::Readers readers_;
  const absl::Status begun_;
  Scheduler scheduler_;
  std::unique_ptr<storage::Writer> writer_;
  site::Keepers keepers_;
};

TEST(IdleTest, AServiceOnSqliteAsksItsDatabaseNothing) {
  for (const site::Module& module : AllModules()) {
    Kept kept(module.service, storage::Engine::kSqlite, 3);
    EXPECT_EQ(kept.Pass(absl::Minutes(50)), 0) << module.name();
    kept.WriteAt("school-1");
    kept.Pass(absl::Minutes(2));
    EXPECT_EQ(kept.EventsAt("school-1"), 1) << module.name() << " anchors its trails";
    EXPECT_EQ(kept.Pass(absl::Minutes(5)), 0) << module.name() << " after a write";
    EXPECT_GT(kept.Pass(absl::Minutes(10)), 0) << "the hour is over";
    EXPECT_EQ(kept.EventsAt("school-1"), 1) << module.name() << " anchors an anchor";
  }
}

TEST(IdleTest, AReplicaAsksOnceForAllSchools) {
  const std::vector<site::Module> modules = AllModules();
  for (const int schools : {1, 40}) {
    Kept kept(modules.front().service, storage::Engine::kPostgres, schools);
    EXPECT_EQ(kept.Pass(absl::Minutes(50)), 100 * kRead) << schools;
  }
}

TEST(IdleTest, AReplicaLooksAtTheSchoolWhereSomebodyHasWritten) {
  const std::vector<site::Module> modules = AllModules();
  std::vector<int64_t> looks;
  for (const int schools : {2, 40}) {
    Kept kept(modules.front().service, storage::Engine::kPostgres, schools);
    kept.WriteAt("school-1");
    looks.push_back(kept.Pass(absl::Minutes(1)));
    EXPECT_GT(looks.back(), 2 * kRead) << schools;
    kept.Pass(absl::Minutes(1));
    EXPECT_EQ(kept.EventsAt("school-1"), 1) << "the trails are anchored";
    kept.Pass(absl::Minutes(1));
    EXPECT_EQ(kept.Pass(absl::Minutes(1)), 2 * kRead) << schools;
  }
  EXPECT_EQ(looks[0], looks[1]);
}

}  // namespace
}  // namespace vivier::testing
