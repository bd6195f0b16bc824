#include "tests/journey/rolling.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "shared/site/site.h"
#include "shared/site/tokens.h"
#include "tests/journey/load.h"
#include "tests/journey/school_processes.h"
#include "tests/support/macs.h"
#include "tests/support/postgres_server.h"
#include "tests/support/ranked_cohorts.h"
#include "tests/support/redis_server.h"

namespace vivier::testing {
namespace {

constexpr uint32_t kSeed = 20261123;
// The floor is what an issue of the network's operators asks for; the pace leaves room for the
// moments of a change.
constexpr int kWritesPerSecond = 80;
constexpr double kWritesPerSecondMin = 50;
// Writes that are answered between two events, so that none is swallowed by the one before.
constexpr int kWritesBetween = 40;
constexpr int kSeats = 400;
// Admitted applications whose time to accept runs out meanwhile: a tick of either replica ends
// each, once.
constexpr int kLate = 10;

std::string NextVersion() { return absl::StrCat(std::getenv("VIVIER_BINARY"), "-next"); }

class RollingSchool {
 public:
  RollingSchool()
      : school_({.engine = storage::Engine::kPostgres,
                 .replicated = rpc::TradeServices(),
                 .redis = redis_.socket(),
                 .postgres = postgres_.conninfo(),
                 .config = "read_budgets { opened: -1 rows: -1 }\n"}) {
    config_.add_schools("nancy");
    config_.set_network("test");
    config_.set_development(true);
    config_.set_engine(config::v1::POSTGRES);
    config_.set_postgres(postgres_.conninfo());
    authorization_ =
        *(*site::Tokens::Load(config_, school_.data()))
             ->ForDevelopment(
                 {"director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""});
  }

  void Run(int terminations) {
    Client client(school_.targets(), authorization_);
    auto admissions = RankApplicants(client, {cohort_});
    ASSERT_FALSE(::testing::Test::HasFailure());
    load_ = std::make_unique<Load>(school_.targets(), authorization_, kWritesPerSecond,
                                   std::move(admissions));
    During("a replica of enrolment is killed", [this] {
      school_.process("enrolment-2").Kill();
      school_.Start("enrolment-2");
    });
    During("all processes are rolled to the next version", [this] {
      EXPECT_EQ(
          RunToEnd({"migrate", "--data", school_.data()}, nullptr, absl::Minutes(1), NextVersion()),
          0);
      Roll(NextVersion());
    });
    LetAdmissionsLapse();
    During("and back", [this] { Roll(""); });
    During("the database is restarted", [this] { postgres_.Restart(); });
    During("Redis is restarted", [this] {
      redis_.Kill();
      redis_.Start();
    });
    During(absl::StrCat(terminations, " times some process is told to end"),
           [&] { TerminateSome(terminations); });
    load_->Stop();
    ExpectNothingLost();
    ExpectSeatsAndMoney();
  }

 private:
  // Announces what happens and says what it cost.
  void During(const std::string& what, const std::function<void()>& happens) {
    ASSERT_TRUE(load_->AwaitMore(kWritesBetween)) << "before " << what;
    const Load::Tally before = load_->tally();
    const absl::Time start = absl::Now();
    happens();
    ASSERT_TRUE(load_->AwaitMore(kWritesBetween)) << "after " << what;
    const Load::Tally after = load_->tally();
    std::printf("%-50s %4.1f s, %4d acknowledged, %3zu unknown\n", what.c_str(),
                absl::ToDoubleSeconds(absl::Now() - start),
                static_cast<int>(after.acknowledged - before.acknowledged),
                after.unknown.size() - before.unknown.size());
    std::fflush(stdout);  // a child that is forked would print it again
  }

  void Restart(const std::string& process, const std::string& executable) {
    EXPECT_EQ(school_.process(process).Terminate(), 0) << process;
    school_.Start(process, executable);
  }

  // Each process, once the one before serves again.
  void Roll(const std::string& executable) {
    for (const std::string& process : school_.ProcessNames()) {
      Restart(process, executable);
      ASSERT_TRUE(load_->AwaitMore(kWritesPerSecond)) << process;
    }
  }

  void TerminateSome(int times) {
    std::mt19937 random(kSeed);
    const std::vector<std::string> processes = school_.ProcessNames();
    for (int i = 0; i < times; ++i) {
      Restart(processes[random() % processes.size()], "");
      ASSERT_TRUE(load_->AwaitMore(kWritesBetween));
    }
  }

  // As if a week had passed for some of those who were admitted.
  void LetAdmissionsLapse() {
    const std::string late = absl::StrCat(
        "UPDATE applications SET accept_by = 1 WHERE name IN (SELECT name FROM applications WHERE "
        "school = 'nancy' AND "
        "state = 'ADMITTED' ORDER BY rank LIMIT ",
        kLate, ")");
    MakeMacs(UrlOf("enrolment"), "enrolment", school_.data(), late);
  }

  std::string UrlOf(const std::string& service) const {
    return site::DatabaseUrl(config_, school_.data(), service);
  }
  int64_t Number(const std::string& service, const std::string& sql) const {
    return NumberIn(UrlOf(service), sql);
  }

  // Each acknowledged write has one audit record and one answer, and its row is there.
  void ExpectNothingLost() {
    const Load::Tally tally = load_->tally();
    const double seconds = static_cast<double>(tally.by_second.size());
    const double rate = static_cast<double>(tally.acknowledged) / seconds;
    std::printf(
        "%d writes acknowledged in %.0f s, %.0f a second, %d in the slowest; %zu with an unknown "
        "outcome in between:\n",
        static_cast<int>(tally.acknowledged), seconds, rate,
        *std::min_element(tally.by_second.begin(), tally.by_second.end() - 1),
        tally.unknown.size());
    for (const auto& [write, unknown] : tally.unknown)
      std::printf("  %s: sent again %d times after: %s\n", write.c_str(), unknown.times,
                  unknown.last_error.c_str());
    std::printf("in each second: %s\n", absl::StrJoin(tally.by_second, " ").c_str());
    EXPECT_GE(rate, kWritesPerSecondMin);
    // What RankApplicants itself created comes on top.
    ExpectEachOnce(tally, [this](const std::string& service) { return UrlOf(service); },
                   {{"CreateCandidate", cohort_.applicants}, {"CreateFunder", 1}});
    EXPECT_EQ(tally.request_ids.at("AdmitApplication").size(),
              static_cast<size_t>(cohort_.applicants));
    EXPECT_EQ(Recorded("enrolment", "AdmitApplication", "COUNT(*)"), cohort_.applicants);
    EXPECT_EQ(Recorded("enrolment", "AdmitApplication", "COUNT(DISTINCT request_id)"),
              cohort_.applicants);
  }

  int64_t Recorded(const std::string& service, const std::string& rpc, const std::string& what) {
    return Number(
        service,
        absl::StrCat("SELECT ", what,
                     " FROM audit_records WHERE school = 'nancy' AND method LIKE '%.", rpc, "'"));
  }

  // Every seat is held once or taken once, every reservation is of one hold, and those who came
  // late lost theirs to the next in rank.
  void ExpectSeatsAndMoney() {
    std::string report;
    EXPECT_EQ(school_.Verify(&report), 0) << report;
    const std::string of_cohort =
        absl::StrCat(" WHERE school = 'nancy' AND cohort = '", cohort_.name(), "'");
    EXPECT_EQ(Number("enrolment", absl::StrCat("SELECT COUNT(*) FROM applications", of_cohort,
                                               " AND state IN ('ADMITTED', 'ACCEPTED')")),
              kSeats);
    EXPECT_EQ(Number("enrolment", absl::StrCat("SELECT COUNT(*) FROM applications", of_cohort,
                                               " AND state = 'EXPIRED'")),
              kLate);
    EXPECT_EQ(Number("funding", absl::StrCat("SELECT COUNT(*) FROM reservations", of_cohort,
                                             " AND state IN ('RESERVED', 'CONFIRMED')")),
              kSeats);
    EXPECT_EQ(
        Number("funding", "SELECT reserved_cents FROM agreement_balances WHERE school = 'nancy'"),
        kSeats * kSeatCents);
  }

  const RankedCohort cohort_ = {"rolling", kSeats, kSeats, kSeats + 2 * kLate};
  cache::RedisServer redis_;
  PostgresServer postgres_;
  SchoolProcesses school_;
  config::v1::Config config_;
  std::string authorization_;
  std::unique_ptr<Load> load_;
};

}  // namespace

void RollUnderLoad(int terminations) {
  RollingSchool school;
  school.Run(terminations);
}

}  // namespace vivier::testing
