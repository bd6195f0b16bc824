// The alerts of deploy/monitoring against a real Prometheus and a real school: a healthy one raises
// none that tells of damage, each is raised by what it is for, and what the alerts and dashboards
// speak of exists in its scrape. How long a condition must last: tests/journey/alerts_test.cc.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/base/monitor.h"
#include "shared/base/uuid.h"
#include "shared/command/client.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/unit.h"
#include "tests/journey/prometheus.h"
#include "tests/journey/school_processes.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;
using storage::Value;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kLookAgain = absl::Milliseconds(100);

// A folder in a file system of its own, which can be filled; an ordinary one where nothing may be
// mounted.
class OwnDisk {
 public:
  explicit OwnDisk(int mebibytes) {
    std::string pattern = (fs::temp_directory_path() / "vivier-disk-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    // Seen by this thread and the processes that it starts, and gone with them.
    is_mounted_ = unshare(CLONE_NEWNS) == 0 &&
                  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  mount("none", folder_.c_str(), "tmpfs", 0,
                        absl::StrCat("size=", mebibytes, "m").c_str()) == 0;
  }
  ~OwnDisk() {
    if (is_mounted_) umount2(folder_.c_str(), MNT_DETACH);
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  const std::string& folder() const { return folder_; }
  bool is_mounted() const { return is_mounted_; }

  // Leaves a twentieth free.
  void Fill() const {
    const fs::space_info space = fs::space(folder_);
    std::ofstream file(folder_ + "/filler");
    file << std::string(space.available - space.capacity / 20, 'x');
  }

 private:
  std::string folder_;
  bool is_mounted_ = false;
};

// An empty disk for all temporary files while it lives: that of the machine may be nearly full,
// which is an alert too.
class EmptyDisk {
 public:
  EmptyDisk() : before_(fs::temp_directory_path().string()), disk_(1024) {
    setenv("TMPDIR", disk_.folder().c_str(), 1);
  }
  ~EmptyDisk() { setenv("TMPDIR", before_.c_str(), 1); }

 private:
  const std::string before_;
  const OwnDisk disk_;
};

class Alerts : public ::testing::Test {
 protected:
  Alerts()
      : redis_(std::make_unique<cache::RedisServer>()),
        certificates_("test", "metz", absl::Hours(30 * 24)),
        school_({.redis = redis_->socket(), .metrics = true, .config = NancyConfig()}) {
    StartMetz();
    std::vector<int> ports = {metz_port_};
    for (const auto& [process, port] : school_.metrics_ports()) ports.push_back(port);
    prometheus_ = std::make_unique<Prometheus>(ports);
    running_ = *command::Running::Open({school_.data(), Config()});
  }

  // Each write is a commit, so that writes wait; and nobody is at home above the school.
  std::string NancyConfig() const {
    return absl::StrCat(
        "batch_works_max: 1\nparents { name: \"schools/grand-est\" address: \"127.0.0.1:1\" "
        "join_codes: \"",
        disk_.folder(), "\" }\n");
  }

  config::v1::Config Config() const {
    config::v1::Config config;
    config.add_schools("nancy");
    config.set_network("test");
    config.set_development(true);
    return config;
  }

  // A second school, one process with TLS on the small disk.
  void StartMetz() {
    const std::string data = disk_.folder() + "/metz";
    fs::create_directory(data);
    std::ofstream(data + "/config.textproto")
        << "schools: \"metz\"\nnetwork: \"test\"\nlisten_address: \"unix:" << data
        << "/socket\"\ncertificates: \"" << certificates_.folder() << "\"\n";
    metz_port_ = FreePort();
    metz_ = std::make_unique<Process>(
        std::vector<std::string>{"serve", "statistics", "--data", data, "--metrics_address",
                                 absl::StrCat("127.0.0.1:", metz_port_)},
        disk_.folder() + "/metz.log");
    metz_->WaitForAddress(data, "statistics");
  }

  // Calls the rpc that many times at once and does not wait.
  template <class Request>
  void Begin(const std::string& service, Request request, int times,
             const std::string& role = "school_director") {
    const auto channel = running_->To(service);
    ASSERT_TRUE(channel.ok()) << channel.status();
    const security::Caller caller{role, security::Caller::Kind::kPerson, {role}, {"nancy"}, ""};
    const rpc::CallOptions options{absl::Seconds(10), *running_->Authorization(caller), ""};
    for (int i = 0; i < times; ++i) {
      if constexpr (requires { request.set_request_id(""); }) request.set_request_id(RandomUuid());
      {
        Monitor::Lock lock(monitor_);
        ++calls_;
      }
      (*channel)->Start(rpc::PathOf(*rpc::MethodTaking(*Request::descriptor())),
                        request.SerializeAsString(), options,
                        [this](const absl::StatusOr<std::string>&) {
                          Monitor::Lock lock(monitor_);
                          --calls_;
                        });
    }
  }
  void AwaitAnswers() {
    Monitor::Lock lock(monitor_);
    ASSERT_TRUE(lock.AwaitFor(kPatience, [this] { return calls_ == 0; }));
  }

  void Await(const std::string& alert) {
    const absl::Time start = absl::Now();
    while (prometheus_->Alerts().count(alert) == 0) {
      if (absl::Now() - start > kPatience) {
        ADD_FAILURE() << alert << " is not raised";
        return;
      }
      absl::SleepFor(kLookAgain);
    }
    std::printf("%s after %.1f s\n", alert.c_str(), absl::ToDoubleSeconds(absl::Now() - start));
    raised_.insert(alert);
  }

  std::string EnrolmentFile() const { return school_.data() + "/db/enrolment.db"; }

  // What a newer binary may have logged, and with a hash that does not fit: while enrolment is
  // stopped.
  void PoisonLog() const {
    const auto database = *storage::Database::Open("sqlite:" + EnrolmentFile());
    const auto connection = *database->Connect(storage::Access::kWrite);
    ASSERT_TRUE(connection->Begin(storage::Access::kWrite).ok());
    const auto key = security::SchoolKey::Load(school_.data() + "/keys/school.key");
    ASSERT_TRUE(key.ok()) << key.status();
    storage::Transaction transaction(*connection, "nancy", &*key);
    ASSERT_TRUE(transaction.LockHead().ok());
    storage::Head& head = transaction.head();
    head.event_hash = std::string(32, 'h');
    ASSERT_TRUE(connection
                    ->Send("INSERT INTO events (school, number, hash, type, subject, person, "
                           "payload, create_time, "
                           "traceparent) VALUES ('nancy', $1, $2, 'vivier.enrolment.v1.Unknown', "
                           "$3, '', $4, 0, '')",
                           {Value(++head.event_number), Value(storage::Bytes{head.event_hash}),
                            Value("schools/nancy/cohorts/none"), Value(storage::Bytes{"x"})})
                    .ok());
    ASSERT_TRUE(transaction.StoreHead().ok());
    ASSERT_TRUE(connection->Commit().ok());
  }

  void TellStory() {
    school_.BeginStory();
    ASSERT_NE(school_.Figures(), "");
    std::string verified;
    ASSERT_EQ(school_.Verify(&verified), 0) << verified;
  }

  void CheckWhatIsNamed() const;
  void CheckDashboards() const;
  void CheckNobodyIsNamed() const;

  // Each gives some alerts their cause and awaits them.
  void PoisonEnrolment();
  void SpendReadBudget();
  void AskWhileCurriculumIsStopped();
  void TakeAwaySurroundings();
  void PutOldEnrolmentBack();

  EmptyDisk empty_disk_;
  OwnDisk disk_{32};
  std::unique_ptr<cache::RedisServer> redis_;
  Certificates certificates_;  // of metz
  SchoolProcesses school_;
  int metz_port_ = 0;
  std::unique_ptr<Process> metz_;
  std::unique_ptr<Prometheus> prometheus_;
  std::unique_ptr<command::Running> running_;
  std::set<std::string> raised_;
  Monitor monitor_;  // guards what follows
  int calls_ = 0;
};

// Each alert has its page, each page its alert, and each metric that an alert judges is there.
void Alerts::CheckWhatIsNamed() const {
  std::set<std::string> pages, expected;
  for (const auto& entry : fs::directory_iterator(SourceFile("docs/runbooks")))
    pages.insert(entry.path().filename());
  const std::set<std::string> metrics = prometheus_->Metrics();
  const std::string guide = ReadText(SourceFile("docs/observability.md"));
  for (const auto& [name, alert] : prometheus_->Rules()) {
    EXPECT_EQ(alert.runbook, absl::StrCat("docs/runbooks/", name, ".md"));
    expected.insert(name + ".md");
    for (const std::string& metric : MetricsIn(alert.expression))
      EXPECT_EQ(metrics.count(metric), 1u) << metric;
  }
  EXPECT_EQ(pages, expected);
  for (const std::string& metric : metrics)
    EXPECT_THAT(guide, ::testing::HasSubstr("`" + metric + "`"))
        << "docs/observability.md does not explain it";
  for (const std::string& metric : MetricsIn(guide))
    EXPECT_EQ(metrics.count(metric), 1u) << metric << " is no more";
}

// Each expression of a dashboard shows something.
void Alerts::CheckDashboards() const {
  int expressions = 0;
  for (const auto& entry : fs::directory_iterator(SourceFile("deploy/monitoring/dashboards"))) {
    google::protobuf::Struct dashboard;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(ReadText(entry.path()), &dashboard).ok())
        << entry.path();
    for (const auto& panel : dashboard.fields().at("panels").list_value().values())
      for (const auto& target : panel.struct_value().fields().at("targets").list_value().values()) {
        std::string expression = target.struct_value().fields().at("expr").string_value();
        for (size_t at; (at = expression.find("$__rate_interval")) != std::string::npos;)
          expression.replace(at, 16, "5m");
        EXPECT_FALSE(prometheus_->Query(expression).empty()) << entry.path() << ": " << expression;
        ++expressions;
      }
  }
  EXPECT_GT(expressions, 10);
}

// Those who applied in the story have names that stand nowhere else.
void Alerts::CheckNobodyIsNamed() const {
  std::string scrapes;
  for (const auto& [process, port] : school_.metrics_ports())
    absl::StrAppend(&scrapes, Fetch(absl::StrCat("http://127.0.0.1:", port, "/metrics")));
  EXPECT_THAT(scrapes, ::testing::HasSubstr("AdmitApplication"));
  std::ifstream applications(SourceFile("demo/nancy/applications.csv"));
  std::string line;
  std::getline(applications, line);
  for (; std::getline(applications, line);) {
    const std::string name = line.substr(0, line.find(';'));
    EXPECT_THAT(scrapes, ::testing::Not(::testing::HasSubstr(name)));
    EXPECT_THAT(scrapes, ::testing::Not(::testing::HasSubstr(absl::AsciiStrToLower(name))));
  }
}

// Somebody keeps a copy of enrolment's file, and then its log is poisoned.
void Alerts::PoisonEnrolment() {
  ASSERT_EQ(school_.process("enrolment").Terminate(), 0);
  fs::copy_file(EnrolmentFile(), disk_.folder() + "/old.db");
  PoisonLog();
  std::ofstream(school_.data() + "/config.textproto", std::ios::app)
      << "read_budgets { opened: 1 }\n";
  school_.Start("enrolment");
  Await("EventsParked");
  site::v1::VerifyInvariantsRequest verify;
  verify.set_parent("schools/nancy");
  Begin("enrolment", verify, 1);
  Await("InvariantBroken");
}

void Alerts::SpendReadBudget() {
  for (const char* id : {"ada", "eve"}) {
    enrolment::v1::CreateCandidateRequest candidate;
    candidate.set_parent("schools/nancy");
    candidate.set_candidate_id(id);
    candidate.mutable_candidate()->set_given_name(id);
    candidate.mutable_candidate()->set_family_name(id);
    Begin("enrolment", candidate, 1, "admissions_officer");
  }
  AwaitAnswers();
  for (const char* id : {"ada", "eve"}) {
    enrolment::v1::GetCandidateRequest opened;
    opened.set_name(absl::StrCat("schools/nancy/candidates/", id));
    Begin("enrolment", opened, 1, "admissions_officer");
  }
  Await("ReadBudget");
}

// Who refers to what a stopped service owns waits for it, in vain.
void Alerts::AskWhileCurriculumIsStopped() {
  school_.process("curriculum").Signal(SIGSTOP);
  Await("ServiceDown");
  enrolment::v1::CreateCohortRequest cohort;
  cohort.set_parent("schools/nancy");
  cohort.set_cohort_id("late");
  cohort.mutable_cohort()->set_title("Late");
  cohort.mutable_cohort()->set_programme_revision("schools/nancy/programmes/late/revisions/1");
  cohort.mutable_cohort()->set_capacity(1);
  for (auto* date : {cohort.mutable_cohort()->mutable_start_date(),
                     cohort.mutable_cohort()->mutable_end_date()}) {
    date->set_year(2026);
    date->set_month(9);
    date->set_day(7);
  }
  for (int i = 0; i < 2; ++i) {
    Begin("enrolment", cohort, 30);
    AwaitAnswers();
  }
  Await("CallsFail");
  Await("CallsSlow");

  statistics::v1::RequestSubmissionRequest submission;
  submission.set_parent("schools/nancy");
  Begin("statistics", submission, 6000);
  Await("CallsRefused");
  Await("DeliveryWaits");
  AwaitAnswers();
}

void Alerts::TakeAwaySurroundings() {
  redis_->Kill();
  Await("RedisAway");
  certificates_.Renew(absl::Hours(1));
  Await("CertificateExpires");
  if (disk_.is_mounted()) {
    disk_.Fill();
    Await("DiskFull");
  } else {
    std::printf("nothing may be mounted here, so no disk was filled\n");
    raised_.insert("DiskFull");
  }
}

void Alerts::PutOldEnrolmentBack() {
  ASSERT_EQ(school_.process("enrolment").Terminate(), 0);
  for (const char* log : {"-wal", "-shm"}) fs::remove(EnrolmentFile() + log);
  fs::copy_file(disk_.folder() + "/old.db", EnrolmentFile(), fs::copy_options::overwrite_existing);
  school_.Start("enrolment");
  Await("FollowerForked");
  Await("FollowerBehind");
}

TEST_F(Alerts, EachIsRaisedByWhatItIsFor) {
  TellStory();
  // On a busy machine a scrape may come too late; each process, and the other school's, has had one
  // in time.
  const std::string seen =
      absl::StrCat("count(max_over_time(up[1m]) == 1) == ", school_.metrics_ports().size() + 1);
  ASSERT_TRUE(cache::Eventually([&] { return !prometheus_->Query(seen).empty(); },
                                std::chrono::seconds(60)));
  absl::SleepFor(absl::Seconds(1));  // four scrapes: that nothing happens cannot be waited for
  // A machine that is busy with other tests may be slow; and above this school nobody is at home.
  EXPECT_THAT(prometheus_->Alerts(),
              ::testing::IsSubsetOf({"CallsSlow", "CallsRefused", "DeliveryWaits"}));
  CheckWhatIsNamed();
  CheckNobodyIsNamed();

  PoisonEnrolment();
  SpendReadBudget();
  const absl::Time stopped = absl::Now();
  AskWhileCurriculumIsStopped();
  TakeAwaySurroundings();
  PutOldEnrolmentBack();
  EXPECT_GE(absl::Now() - stopped, absl::Seconds(28))
      << "30 s of silence, which began up to 2 s before";

  std::set<std::string> all;
  for (const auto& [name, alert] : prometheus_->Rules()) all.insert(name);
  EXPECT_EQ(raised_, all);
  CheckDashboards();
  school_.process("curriculum").Kill();
}

}  // namespace
}  // namespace vivier::testing
