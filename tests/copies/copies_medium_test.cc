// One effect and one answer for each request_id (I9), however often it is sent, over whichever connection, and whether
// or not the serving process was killed in between: 1,000 copies of 100 admissions from 64 connections over sockets,
// and three times `kill -9` while requests are in flight.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "shared/site/site.h"
#include "shared/site/tokens.h"
#include "shared/storage/database.h"
#include "shared/testing/engines.h"
#include "shared/testing/process.h"
#include "shared/transport/channel.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {
namespace {

using enrolment::v1::Application;
namespace pb = google::protobuf;

constexpr char kSchool[] = "schools/nancy";
constexpr int kApplicants = 25;  // of each cohort
constexpr int kCopies = 10;      // of each admission
constexpr int kConnections = 64;
constexpr uint32_t kSeed = 20261122;

// A cohort, and how many of its seats its agreement pays for. Every cohort has more applicants than seats, and all but
// the first more seats than money.
struct Cohort {
  const char* id;
  int seats, paid_seats;
};
constexpr Cohort kCohorts[] = {{"rich", 12, 12}, {"half", 10, 5}, {"poor", 8, 1}, {"small", 3, 2}};
constexpr int64_t kSeatCents = 850'000;
// Kills when so many copies have been answered.
constexpr int kKillAt[] = {120, 420, 760};

google::type::Date Day(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

// One connection that asks the one rpc of a request's type.
class Client {
 public:
  Client(const std::string& address, std::string authorization)
      : channel_(transport::Connect({.target = address, .tls = std::nullopt, .retry = false})),
        authorization_(std::move(authorization)) {}

  absl::StatusOr<std::string> Send(const pb::Message& request) {
    return channel_->Call(rpc::PathOf(*rpc::MethodTaking(*request.GetDescriptor())), request.SerializeAsString(),
                          {absl::Seconds(20), authorization_, ""});
  }

  // A write that the test needs.
  template <class Response, class Request>
  Response Must(Request request) {
    if constexpr (requires { request.set_request_id(""); }) request.set_request_id(RandomUuid());
    const absl::StatusOr<std::string> bytes = Send(request);
    EXPECT_TRUE(bytes.ok()) << request.GetDescriptor()->name() << ": " << bytes.status();
    Response response;
    EXPECT_TRUE(bytes.ok() && response.ParseFromString(*bytes));
    return response;
  }

 private:
  const std::shared_ptr<rpc::Channel> channel_;
  const std::string authorization_;
};

// What is known of one admission, its copies being answered by several threads.
struct Admission {
  enrolment::v1::AdmitApplicationRequest request;
  std::set<std::string> answers;  // all different ones; one is right
  std::set<int> processes;        // which of the processes, in the order of their starts, answered OK
  int copies_answered = 0;
  std::vector<std::string> refusals;
};

class CopiesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "vivier-copies-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    data_ = folder;
    config_.add_schools("nancy");
    config_.set_network("vivier");
    config_.set_development(true);
    config_.set_engine(config::v1::SQLITE);
    if (GetParam() == storage::Engine::kPostgres) {
      config_.set_engine(config::v1::POSTGRES);
      config_.set_postgres(FreshPostgres());
    }
    ASSERT_EQ(RunToEnd(Arguments({"migrate"})), 0);
    StartProcess();
    auto tokens = site::Tokens::Load(config_, data_, absl::Now);
    ASSERT_TRUE(tokens.ok()) << tokens.status();
    const auto token =
        (*tokens)->ForDevelopment({"director", rpc::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""});
    ASSERT_TRUE(token.ok()) << token.status();
    authorization_ = *token;
  }

  void TearDown() override {
    process_ = nullptr;
    if (HasFailure()) return void(std::printf("data and log are kept in %s\n", data_.c_str()));
    std::error_code error;
    std::filesystem::remove_all(data_, error);
  }

  std::vector<std::string> Arguments(std::vector<std::string> words) const {
    words.insert(words.end(), {"--data", data_, "--development"});
    if (GetParam() == storage::Engine::kPostgres)
      words.insert(words.end(), {"--engine", "postgres", "--postgres", config_.postgres()});
    return words;
  }

  // Tells the senders where the new process listens.
  void StartProcess() {
    process_ =
        std::make_unique<Process>(Arguments({"serve", "all", "--listen_address", "127.0.0.1:0"}), data_ + "/log");
    const std::string address = process_->WaitForAddress(data_);
    absl::MutexLock lock(&mutex_);
    address_ = address;
    ++starts_;
  }

  void Prepare() {
    Client client(address_, authorization_);
    const std::string revision = PublishProgramme(client);
    funding::v1::CreateFunderRequest funder;
    funder.set_parent(kSchool);
    funder.set_funder_id("region");
    funder.mutable_funder()->set_title("Conseil régional");
    funder.mutable_funder()->set_kind(funding::v1::Funder::REGIONAL_COUNCIL);
    client.Must<funding::v1::Funder>(funder);
    for (const Cohort& cohort : kCohorts) {
      OpenCohort(client, cohort, revision);
      Agree(client, cohort);
      Apply(client, cohort);
    }
  }

  static std::string PublishProgramme(Client& client) {
    const char* source = std::getenv("VIVIER_SOURCE");
    EXPECT_NE(source, nullptr);
    std::stringstream lheo;
    lheo << std::ifstream(absl::StrCat(source, "/deploy/demo/nancy/programme.xml")).rdbuf();
    curriculum::v1::ImportLheoRequest import;
    import.set_parent(kSchool);
    import.set_content(lheo.str());
    const auto report = client.Must<curriculum::v1::ImportReport>(import);
    EXPECT_GT(report.formations_size(), 0);
    curriculum::v1::PublishProgrammeRequest publish;
    publish.set_name(report.formations_size() > 0 ? report.formations(0).programme() : "");
    return client.Must<curriculum::v1::ProgrammeRevision>(publish).name();
  }

  static std::string NameOf(const Cohort& cohort) { return absl::StrCat(kSchool, "/cohorts/", cohort.id); }

  static void OpenCohort(Client& client, const Cohort& cohort, const std::string& revision) {
    enrolment::v1::CreateCohortRequest create;
    create.set_parent(kSchool);
    create.set_cohort_id(cohort.id);
    create.mutable_cohort()->set_title(cohort.id);
    create.mutable_cohort()->set_programme_revision(revision);
    create.mutable_cohort()->set_capacity(cohort.seats);
    *create.mutable_cohort()->mutable_start_date() = Day(2100, 3, 1);  // whenever this test runs, it lies ahead
    *create.mutable_cohort()->mutable_end_date() = Day(2100, 9, 30);
    client.Must<enrolment::v1::Cohort>(create);
    enrolment::v1::OpenCohortRequest open;
    open.set_name(NameOf(cohort));
    client.Must<enrolment::v1::Cohort>(open);
  }

  static void Agree(Client& client, const Cohort& cohort) {
    funding::v1::CreateFundingAgreementRequest agreement;
    agreement.set_parent(kSchool);
    agreement.set_funding_agreement_id(cohort.id);
    agreement.mutable_funding_agreement()->set_title(cohort.id);
    agreement.mutable_funding_agreement()->set_funder(absl::StrCat(kSchool, "/funders/region"));
    agreement.mutable_funding_agreement()->set_currency_code("EUR");
    // Not enough for one more by a cent.
    agreement.mutable_funding_agreement()->set_ceiling_cents(kSeatCents * (cohort.paid_seats + 1) - 1);
    *agreement.mutable_funding_agreement()->mutable_valid_from() = Day(2020, 1, 1);
    *agreement.mutable_funding_agreement()->mutable_valid_until() = Day(2101, 1, 1);
    const auto agreed = client.Must<funding::v1::FundingAgreement>(agreement);
    funding::v1::CreateFundingPlanRequest plan;
    plan.set_parent(kSchool);
    plan.set_funding_plan_id(cohort.id);
    plan.mutable_funding_plan()->set_cohort(NameOf(cohort));
    plan.mutable_funding_plan()->set_seats(cohort.seats);
    plan.mutable_funding_plan()->set_planned_minutes(21'000);
    plan.mutable_funding_plan()->set_planned_half_days(100);
    funding::v1::PlanShare& share = *plan.mutable_funding_plan()->add_shares();
    share.set_funding_agreement(agreed.name());
    share.set_basis(funding::v1::PlanShare::PER_SEAT);
    share.set_amount_cents(kSeatCents);
    client.Must<funding::v1::FundingPlan>(plan);
  }

  void Apply(Client& client, const Cohort& cohort) {
    enrolment::v1::PublishRankingRequest ranking;
    ranking.set_name(NameOf(cohort));
    for (int i = 0; i < kApplicants; ++i) {
      const std::string id = absl::StrCat(cohort.id, "-", i);
      enrolment::v1::CreateCandidateRequest candidate;
      candidate.set_parent(kSchool);
      candidate.set_candidate_id(id);
      candidate.mutable_candidate()->set_given_name("Zoé");
      candidate.mutable_candidate()->set_family_name(id);
      candidate.mutable_candidate()->set_email(absl::StrCat(id, "@example.org"));
      enrolment::v1::SubmitApplicationRequest submit;
      submit.set_parent(NameOf(cohort));
      submit.set_application_id(id);
      submit.mutable_application()->set_candidate(client.Must<enrolment::v1::Candidate>(candidate).name());
      const std::string name = client.Must<Application>(submit).name();
      ranking.add_applications(name);
      Admission admission;
      admission.request.set_name(name);
      admission.request.set_request_id(RandomUuid());
      admissions_.push_back(std::move(admission));
    }
    client.Must<enrolment::v1::PublishRankingResponse>(ranking);
  }

  // Sends the copies that `order` deals to this sender, each until it is answered.
  void SendCopies(const std::vector<size_t>& order, size_t sender) {
    std::unique_ptr<Client> client;
    int process = 0;
    for (size_t i = sender; i < order.size(); i += kConnections) {
      Admission& admission = admissions_[order[i]];
      while (true) {
        if (!Connected(client, process)) return;
        ++in_flight_;
        const absl::StatusOr<std::string> answer = client->Send(admission.request);
        --in_flight_;
        absl::MutexLock lock(&mutex_);
        if (absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status())) {
          ++unknown_;
          client = nullptr;  // the same request again, over a new connection
          continue;
        }
        ++answered_;
        ++admission.copies_answered;
        if (!answer.ok()) {
          admission.refusals.push_back(answer.status().ToString());
        } else {
          admission.answers.insert(*answer);
          admission.processes.insert(process);
        }
        break;
      }
    }
  }

  // Whether there is a connection to a process that lives; waits for the next one.
  bool Connected(std::unique_ptr<Client>& client, int& process) {
    absl::MutexLock lock(&mutex_);
    const auto there = [this] { return !address_.empty() || given_up_; };
    mutex_.Await(absl::Condition(&there));
    if (given_up_) return false;
    if (client == nullptr || process != starts_) client = std::make_unique<Client>(address_, authorization_);
    process = starts_;
    return true;
  }

  // Kills the process once so many copies were answered, with others in flight, and starts the next one.
  void KillAt(int answered) {
    const auto there = [&] { return answered_ >= answered; };
    {
      absl::MutexLock lock(&mutex_);
      if (!mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Minutes(2))) {
        given_up_ = true;
        FAIL() << "only " << answered_ << " copies were answered\n" << process_->Log();
      }
      in_flight_at_kill_.push_back(in_flight_);
      answered_at_kill_.push_back(answered_);
      address_.clear();
    }
    process_->Kill();
    StartProcess();
    absl::MutexLock lock(&mutex_);
    if (address_.empty()) given_up_ = true;
  }

  void SendAllWhileKilling() {
    std::vector<size_t> order;
    for (size_t i = 0; i < admissions_.size() * kCopies; ++i) order.push_back(i % admissions_.size());
    std::mt19937 random(kSeed);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<std::thread> senders;
    for (size_t sender = 0; sender < kConnections; ++sender)
      senders.emplace_back([this, &order, sender] { SendCopies(order, sender); });
    for (int answered : kKillAt) KillAt(answered);
    for (std::thread& sender : senders) sender.join();
  }

  // One number of a stopped site's database.
  int64_t Number(const std::string& service, const std::string& sql,
                 const std::vector<storage::Value>& parameters = {}) {
    auto database = storage::Database::Open(site::DatabaseUrl(config_, data_, service));
    EXPECT_TRUE(database.ok()) << database.status();
    auto connection = (*database)->Connect(storage::Access::kRead);
    EXPECT_TRUE(connection.ok()) << connection.status();
    EXPECT_EQ((*connection)->Begin(storage::Access::kRead), absl::OkStatus());
    const auto result = (*connection)->Query(sql, parameters);
    EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  void ExpectVerified() {
    std::string report;
    EXPECT_EQ(RunToEnd(Arguments({"verify"}), &report), 0) << report;
    EXPECT_NE(report.find("I7"), std::string::npos) << report;
  }

  void ExpectOneAnswerEach() {
    int across = 0;
    for (const Admission& admission : admissions_) {
      EXPECT_EQ(admission.copies_answered, kCopies) << admission.request.name();
      EXPECT_EQ(admission.refusals, std::vector<std::string>{}) << admission.request.name();
      EXPECT_EQ(admission.answers.size(), 1u) << admission.request.name();
      across += admission.processes.size() > 1;
    }
    std::printf("%zu admissions answered by more than one process: %d\n", admissions_.size(), across);
    EXPECT_GT(across, static_cast<int>(admissions_.size()) / 2);
  }

  void ExpectOneRowEach() {
    for (const Admission& admission : admissions_) {
      const std::vector<storage::Value> id = {admission.request.request_id()};
      EXPECT_EQ(Number("enrolment", "SELECT COUNT(*) FROM answers WHERE school = 'nancy' AND request_id = $1", id), 1);
      EXPECT_EQ(
          Number("enrolment", "SELECT COUNT(*) FROM audit_records WHERE school = 'nancy' AND request_id = $1", id), 1);
    }
    EXPECT_EQ(Number("enrolment",
                     "SELECT COUNT(*) FROM audit_records WHERE school = 'nancy' AND method LIKE '%.AdmitApplication'"),
              static_cast<int64_t>(admissions_.size()));
  }

  int64_t Applications(const Cohort& cohort, const std::string& states) {
    return Number(
        "enrolment",
        absl::StrCat("SELECT COUNT(*) FROM applications WHERE school = 'nancy' AND cohort = $1 AND state IN (", states,
                     ")"),
        {NameOf(cohort)});
  }

  void ExpectSeatsAndMoney(const Cohort& cohort) {
    const storage::Value seats = absl::StrCat(NameOf(cohort), "/seats"), name = NameOf(cohort);
    const int64_t held =
        Number("enrolment", "SELECT held FROM cohort_seats WHERE school = 'nancy' AND name = $1", {seats});
    const int64_t taken =
        Number("enrolment", "SELECT taken FROM cohort_seats WHERE school = 'nancy' AND name = $1", {seats});
    const int64_t waiting = Applications(cohort, "'WAITLISTED'"), broke = Applications(cohort, "'AWAITING_FUNDING'");
    std::printf("  %-6s %2d seats, money for %2d: %2d taken, %2d held, %2d waitlisted, %2d await funding\n", cohort.id,
                cohort.seats, cohort.paid_seats, static_cast<int>(taken), static_cast<int>(held),
                static_cast<int>(waiting), static_cast<int>(broke));
    EXPECT_EQ(taken, cohort.paid_seats);
    EXPECT_EQ(held + taken, cohort.seats);
    EXPECT_EQ(taken, Applications(cohort, "'ADMITTED', 'ACCEPTED'"));
    EXPECT_EQ(held, Applications(cohort, "'FUNDING_PENDING', 'AWAITING_FUNDING'"));
    EXPECT_EQ(broke, cohort.seats - cohort.paid_seats);
    EXPECT_EQ(waiting, kApplicants - cohort.seats);
    // The better ranked have the seats.
    EXPECT_EQ(
        Number("enrolment",
               "SELECT MAX(rank) FROM applications WHERE school = 'nancy' AND cohort = $1 AND state <> 'WAITLISTED'",
               {name}),
        cohort.seats);
    EXPECT_EQ(
        Number("funding",
               "SELECT COUNT(*) FROM reservations WHERE school = 'nancy' AND cohort = $1 AND state IN ('RESERVED', "
               "'CONFIRMED')",
               {name}),
        taken);
    EXPECT_EQ(Number("funding", "SELECT reserved_cents FROM agreement_balances WHERE school = 'nancy' AND name = $1",
                     {absl::StrCat(kSchool, "/fundingAgreements/", cohort.id, "/balance")}),
              taken * kSeatCents);
  }

  // Every hold of an admitted application is reserved, and nothing else is.
  void ExpectSameHolds() {
    const auto holds = [this](const std::string& service, const std::string& sql) {
      std::set<std::string> found;
      auto database = storage::Database::Open(site::DatabaseUrl(config_, data_, service));
      auto connection = (*database)->Connect(storage::Access::kRead);
      EXPECT_EQ((*connection)->Begin(storage::Access::kRead), absl::OkStatus());
      const auto result = (*connection)->Query(sql);
      EXPECT_TRUE(result.ok()) << result.status();
      for (const storage::Row& row : result->rows)
        EXPECT_TRUE(found.insert(std::get<std::string>(row[0])).second) << std::get<std::string>(row[0]) << " twice";
      return found;
    };
    const std::set<std::string> admitted = holds(
        "enrolment", "SELECT name || ' ' || hold FROM applications WHERE school = 'nancy' AND state = 'ADMITTED'");
    const std::set<std::string> reserved =
        holds("funding",
              "SELECT application || ' ' || substr(name, length('schools/nancy/reservations/') + 1) FROM reservations "
              "WHERE school = 'nancy' AND state IN ('RESERVED', 'CONFIRMED')");
    EXPECT_EQ(admitted, reserved);
    EXPECT_EQ(admitted.size(), 20u);
  }

  std::string data_;
  config::v1::Config config_;
  std::string authorization_;
  std::unique_ptr<Process> process_;
  std::vector<Admission> admissions_;
  std::atomic<int> in_flight_ = 0;
  absl::Mutex mutex_;  // guards what follows, and what is known of the admissions
  std::string address_;
  int starts_ = 0, answered_ = 0, unknown_ = 0;
  bool given_up_ = false;
  std::vector<int> in_flight_at_kill_, answered_at_kill_;
};

TEST_P(CopiesTest, GetOneAnswerAndOneRow) {
  Prepare();
  ASSERT_FALSE(HasFailure());
  SendAllWhileKilling();
  for (size_t i = 0; i < in_flight_at_kill_.size(); ++i) {
    std::printf("kill -9 with %d copies answered and %d in flight\n", answered_at_kill_[i], in_flight_at_kill_[i]);
    EXPECT_GT(in_flight_at_kill_[i], 0);
  }
  std::printf("seed %u: %d copies answered, %d times the outcome was unknown and the same request sent again\n", kSeed,
              answered_, unknown_);
  EXPECT_EQ(answered_, static_cast<int>(admissions_.size()) * kCopies);
  EXPECT_GT(unknown_, 0);
  ExpectOneAnswerEach();
  ExpectVerified();
  EXPECT_EQ(process_->Terminate(), 0);
  ExpectVerified();
  ExpectOneRowEach();
  for (const Cohort& cohort : kCohorts) ExpectSeatsAndMoney(cohort);
  ExpectSameHolds();
}

INSTANTIATE_TEST_SUITE_P(Engines, CopiesTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
