#include "tests/journey/restore_drill.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/site/clock.h"
#include "tests/journey/school_processes.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;
using storage::Engine;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "vivier-backups-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

  // The oldest first.
  std::vector<std::string> Generations() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path_ + "/generations", error))
      if (entry.path().extension() != ".new") names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

void WaitUntil(const std::string& what, const std::function<bool()>& holds) {
  const absl::Time start = absl::Now();
  while (!holds()) {
    ASSERT_LT(absl::Now() - start, absl::Minutes(2)) << "never: " << what;
    absl::SleepFor(absl::Milliseconds(10));
  }
}

// What the story ends with where nothing happens.
const std::string& Expected() {
  static const std::string figures = [] {
    SchoolProcesses school({.one_process = true});
    school.BeginStory();
    return school.Figures();
  }();
  return figures;
}

int Run(const SchoolProcesses& school, std::vector<std::string> command, std::string* output) {
  command.insert(command.end(), {"--data", school.data()});
  return RunToEnd(command, output);
}

void MustRun(const SchoolProcesses& school, const std::vector<std::string>& command,
             std::string* said = nullptr) {
  std::string output;
  ASSERT_EQ(Run(school, command, &output), 0) << output;
  if (said != nullptr) *said = output;
}

// Moves the site's clock on to behind the story's last day, so that all of it is told at once: a
// generation from the middle is not months older than the clock under which it is put back, and the
// times of the audit trail run with the machine's. Gives how far the clock is ahead.
absl::Duration PassTheStory(const SchoolProcesses& school) {
  config::v1::Config config;
  config.set_development(true);
  const auto clock = site::Clock::Open(config, school.data());
  EXPECT_TRUE(clock.ok()) << clock.status();
  const absl::Time after =
      absl::FromCivil(absl::CivilSecond(2027, 8, 3, 8, 0, 0), absl::UTCTimeZone());
  if ((*clock)->Now() < after) {
    EXPECT_EQ((*clock)->MoveTo(after), absl::OkStatus());
  }
  return (*clock)->ahead();
}

// The story's next steps succeed, and all adds up.
void GoOn(SchoolProcesses& school, const std::string& expected,
          const std::string& story = "nancy") {
  school.Start();
  school.BeginStory(story);
  EXPECT_EQ(school.Figures(), expected);
  std::string verified;
  EXPECT_EQ(school.Verify(&verified), 0) << verified;
  MustRun(school, {"reconcile"});
}

}  // namespace

void DrillRestoreElsewhere(Engine engine, int seed) {
  SchoolProcesses school({.engine = engine});
  PassTheStory(school);
  const Folder backups;
  school.BeginStory();
  WaitUntil("the story began", [&] { return !school.StoryLog().empty(); });
  int during = 0;
  while (school.telling()) {
    MustRun(school, {"backup", backups.path()});
    during += school.telling() ? 1 : 0;
  }
  EXPECT_EQ(school.Figures(), Expected());
  ASSERT_GT(during, 0) << "void: no backup was made while the story was told";
  const std::string generation = backups.Generations()[static_cast<size_t>(seed % during)];
  school.MoveElsewhere();
  std::string restored;
  MustRun(school, {"restore", backups.path(), "--generation", generation}, &restored);
  std::printf("seed %d, %d backups during the story; %s", seed, during,
              restored.substr(0, restored.find('\n') + 1).c_str());
  GoOn(school, Expected());
}

void DrillLostVolume(Engine engine, absl::Duration interval, absl::Duration loss_max) {
  SchoolProcesses school({.engine = engine});
  const absl::Duration ahead = PassTheStory(school);
  const Folder backups, logs;
  auto following = std::make_unique<Process>(
      std::vector<std::string>{"backup", backups.path(), "--follow", "--interval",
                               absl::FormatDuration(interval), "--data", school.data()},
      logs.path() + "/backup.log");
  school.BeginStory();
  WaitUntil("the story reached its panel",
            [&] { return absl::StrContains(school.StoryLog(), "panel:"); });
  const size_t before = backups.Generations().size();
  WaitUntil("another generation", [&] { return backups.Generations().size() > before; });
  EXPECT_TRUE(school.telling()) << "void: nothing was written when the volume was lost";
  school.Kill();
  const absl::Time lost = absl::Now() + ahead;
  following->Kill();  // perhaps in the middle of a generation
  const int64_t acknowledged = school.databases().AuditRecordsBefore(lost),
                old = school.databases().AuditRecordsBefore(lost - loss_max);
  school.MoveElsewhere();
  MustRun(school, {"restore", backups.path()});
  const int64_t kept = school.databases().AuditRecordsBefore(lost);
  EXPECT_GE(kept, old) << "lost what was older than " << loss_max;
  EXPECT_GT(kept, 0);
  std::printf("%d generations; %d of %d audit records kept\n",
              static_cast<int>(backups.Generations().size()), static_cast<int>(kept),
              static_cast<int>(acknowledged));
  GoOn(school, Expected());
}

void DrillBareCopy(Engine engine) {
  SchoolProcesses school({.engine = engine});
  const Folder backups;
  school.BeginStory();
  EXPECT_EQ(school.Figures(), Expected());
  school.Stop();
  school.databases().CopyVolume("enrolment");
  school.Start();
  school.BeginStory("metz");
  const std::string figures = school.Figures();
  MustRun(school, {"backup", backups.path()});
  MustRun(school, {"reconcile"});
  school.Stop();
  school.databases().PutVolumeBack("enrolment");
  school.Start();
  WaitUntil("a follower notices it", [&] {
    return absl::StrContains(school.process("funding").Log(),
                             "restored to the past; following stops");
  });
  std::string shown;
  EXPECT_EQ(Run(school, {"verify"}, &shown), 1);
  EXPECT_TRUE(absl::StrContains(shown, "the follower is forked")) << shown;
  EXPECT_EQ(Run(school, {"reconcile"}, &shown), 1);
  EXPECT_TRUE(absl::StrContains(shown, "LOG_FORKED schools/nancy: funding")) << shown;
  EXPECT_TRUE(absl::StrContains(shown, "vivier.enrolment.v1.SeatHeld")) << shown;
  EXPECT_EQ(Run(school, {"reconcile", "--to", backups.path()}, &shown), 1);
  EXPECT_TRUE(absl::StrContains(shown, "STILL_RUNNING")) << shown;
  school.Stop();
  EXPECT_EQ(Run(school, {"verify"}, &shown), 1) << "at rest the cursors are beyond the log";
  std::string settled;
  MustRun(school, {"reconcile", "--to", backups.path()}, &settled);
  EXPECT_TRUE(absl::StrContains(settled, "records of the audit trails are not in the backup"))
      << settled;
  GoOn(school, figures, "metz");
}

}  // namespace vivier::testing
