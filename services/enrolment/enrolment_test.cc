// The rpcs over both engines: each call is a transaction of its own, as the writer would run it
// alone.
#include "services/enrolment/enrolment.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"

namespace vivier::enrolment {
namespace {

using rpc::Call;

namespace pb = google::protobuf;
using v1::Application;

constexpr char kSchool[] = "schools/nancy";
constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";

class EnrolmentTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    database_ = testing::FreshDatabase(GetParam());
    ASSERT_TRUE(storage::Migrate(*database_, "enrolment").ok());
    connection_ = *database_->Connect(storage::Access::kWrite);
    service_ = std::make_unique<rpc::Service>(enrolment_.Rpc());
    auto methods = service_->Build();
    ASSERT_TRUE(methods.ok()) << methods.status();
    for (const auto& method : *methods) handlers_[method.descriptor->input_type()] = method.handler;
    ASSERT_TRUE(connection_->Begin(storage::Access::kRead).ok());
    for (const storage::Schema* schema : service_->schemas()) {
      const absl::Status drift = schema->CheckDrift(*connection_);
      ASSERT_TRUE(drift.ok()) << drift;
    }
    connection_->Rollback();
    for (const auto& reaction : service_->reactions())
      reactions_[reaction.event] = reaction.reaction;
  }

  // Whatever a test did, the invariants hold.
  void TearDown() override {
    ASSERT_TRUE(connection_->Begin(storage::Access::kRead).ok());
    storage::Transaction transaction(*connection_, "nancy", &key_);
    for (const rpc::Invariant& invariant : service_->invariants()) {
      // Compares rows with what a whole site has: tests/invariants and tests/tamper look at it.
      if (invariant.id == "I16") continue;
      const auto breaches = invariant.check(transaction);
      ASSERT_TRUE(breaches.ok()) << invariant.id << " " << breaches.status();
      EXPECT_EQ(breaches->violations, 0)
          << invariant.id << " " << breaches->first_row << ": " << breaches->explanation;
    }
    connection_->Rollback();
  }

  absl::Status InTransaction(const std::function<absl::Status(Call&)>& run,
                             const storage::Origin& origin = {}) {
    RETURN_IF_ERROR(connection_->Begin(storage::Access::kWrite));
    storage::Transaction transaction(*connection_, "nancy", &key_);
    absl::Status status = transaction.LockHead();
    storage::Unit unit(transaction);
    Call call(caller_, now_, unit, fetched_);
    if (status.ok()) status = run(call);
    if (status.ok()) status = unit.Apply(origin, now_);
    if (status.ok()) status = transaction.StoreHead();
    if (status.ok()) return connection_->Commit();
    connection_->Rollback();
    return status;
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Invoke(const Request& request) {
    Response response;
    const rpc::Handler& handler = handlers_.at(Request::descriptor());
    const auto* method = rpc::MethodTaking(*Request::descriptor());
    RETURN_IF_ERROR(InTransaction(
        [&](Call& call) { return handler(call, request, response); },
        {caller_.subject, method->full_name(), rpc::TextAt(request, rpc::Describe(method)->target),
         absl::StrCat(++acts_), "", ""}));
    return response;
  }

  template <class Event>
  absl::Status React(const Event& event) {
    return InTransaction(
        [&](Call& call) { return reactions_.at(Event::descriptor())(call, event); },
        {"test", Event::descriptor()->full_name(), "", "", "", ""});
  }

  static std::string NameOf(int i) { return absl::StrCat(kCohort, "/applications/a-", i); }

  static v1::CreateCohortRequest CohortOf(int capacity) {
    v1::CreateCohortRequest create;
    create.set_parent(kSchool);
    create.set_cohort_id("ai-1");
    create.mutable_cohort()->set_title("AI school");
    create.mutable_cohort()->set_capacity(capacity);
    *create.mutable_cohort()->mutable_start_date() = ToDate(absl::CivilDay(2027, 3, 1));
    *create.mutable_cohort()->mutable_end_date() = ToDate(absl::CivilDay(2027, 9, 30));
    return create;
  }

  // A cohort of `capacity` seats with `count` ranked applications a-1, a-2, …
  void Prepare(int capacity, int count) {
    ASSERT_TRUE(Invoke<v1::Cohort>(CohortOf(capacity)).ok());
    v1::OpenCohortRequest open;
    open.set_name(kCohort);
    ASSERT_TRUE(Invoke<v1::Cohort>(open).ok());
    v1::PublishRankingRequest rank;
    rank.set_name(kCohort);
    for (int i = 1; i <= count; ++i) {
      v1::CreateCandidateRequest candidate;
      candidate.set_parent(kSchool);
      candidate.set_candidate_id(absl::StrCat("c-", i));
      candidate.mutable_candidate()->set_given_name("Zoé");
      candidate.mutable_candidate()->set_family_name("Durand");
      candidate.mutable_candidate()->set_email(absl::StrCat("zoe", i, "@example.org"));
      ASSERT_TRUE(Invoke<v1::Candidate>(candidate).ok());
      v1::SubmitApplicationRequest submit;
      submit.set_parent(kCohort);
      submit.set_application_id(absl::StrCat("a-", i));
      submit.mutable_application()->set_candidate(absl::StrCat(kSchool, "/candidates/c-", i));
      const auto submitted = Invoke<Application>(submit);
      ASSERT_TRUE(submitted.ok()) << submitted.status();
      rank.add_applications(NameOf(i));
    }
    const auto ranked = Invoke<v1::PublishRankingResponse>(rank);
    ASSERT_TRUE(ranked.ok()) << ranked.status();
  }

  Application Admit(int i) {
    v1::AdmitApplicationRequest request;
    request.set_name(NameOf(i));
    const auto admitted = Invoke<Application>(request);
    EXPECT_TRUE(admitted.ok()) << admitted.status();
    return admitted.value_or(Application());
  }

  Application Get(int i) {
    v1::GetApplicationRequest request;
    request.set_name(NameOf(i));
    return Invoke<Application>(request).value_or(Application());
  }

  void Fund(int i) {
    funding::v1::SeatFunded event;
    event.set_application(NameOf(i));
    event.set_hold(Get(i).hold());
    EXPECT_TRUE(React(event).ok());
  }

  std::string Seats() {
    v1::GetCohortSeatsRequest request;
    request.set_name(absl::StrCat(kCohort, "/seats"));
    const auto seats = Invoke<v1::CohortSeats>(request).value_or(v1::CohortSeats());
    return absl::StrCat(seats.held(), "+", seats.taken(), "/", seats.capacity());
  }

  const security::SchoolKey key_ = security::SchoolKey::Random();
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Connection> connection_;
  Enrolment enrolment_;
  std::unique_ptr<rpc::Service> service_;
  std::map<const pb::Descriptor*, rpc::Handler> handlers_;
  std::map<const pb::Descriptor*, rpc::Reaction> reactions_;
  const security::Caller caller_ = {"somebody", security::Caller::Kind::kPerson, {}, {"nancy"}, ""};
  const rpc::Fetched fetched_;
  int acts_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_P(EnrolmentTest, AdmitsFundsAndPassesAFreedSeatOn) {
  Prepare(1, 2);
  EXPECT_EQ(Admit(2).state(), Application::WAITLISTED);
  EXPECT_EQ(Admit(1).state(), Application::FUNDING_PENDING);
  EXPECT_EQ(Seats(), "1+0/1");
  Fund(1);
  EXPECT_EQ(Get(1).state(), Application::ADMITTED);
  EXPECT_EQ(Seats(), "0+1/1");
  v1::DeclineSeatRequest decline;
  decline.set_name(NameOf(1));
  ASSERT_TRUE(Invoke<Application>(decline).ok());
  EXPECT_EQ(Get(2).state(), Application::FUNDING_PENDING);
  EXPECT_EQ(Seats(), "1+0/1");
  v1::GetLearnerRequest learner;
  learner.set_name(absl::StrCat(kCohort, "/learners/a-1"));
  EXPECT_EQ(Invoke<v1::Learner>(learner)->exit_cause(), v1::LearnerLeft::NO_SHOW);
}

TEST_P(EnrolmentTest, SaysWhichCohortIsThereAlready) {
  Prepare(1, 0);
  const absl::Status refused = Invoke<v1::Cohort>(CohortOf(2)).status();
  EXPECT_EQ(ReasonOf(refused), "ALREADY_EXISTS");
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"resource", kCohort}}));
  EXPECT_EQ(Seats(), "0+0/1");
}

TEST_P(EnrolmentTest, WaitsForMoneyAtItsRankAndIgnoresOldHolds) {
  Prepare(2, 2);
  const std::string hold = Admit(1).hold();
  funding::v1::SeatRefused refused;
  refused.set_application(NameOf(1));
  refused.set_hold(hold);
  refused.set_cause(funding::v1::SeatRefused::NO_MONEY);
  ASSERT_TRUE(React(refused).ok());
  EXPECT_EQ(Get(1).state(), Application::AWAITING_FUNDING);
  EXPECT_EQ(Admit(2).state(), Application::AWAITING_FUNDING);
  funding::v1::FundingPlanChanged changed;
  changed.set_cohort(kCohort);
  ASSERT_TRUE(React(changed).ok());
  EXPECT_EQ(Get(2).state(), Application::FUNDING_PENDING);
  funding::v1::SeatFunded old;
  old.set_application(NameOf(1));
  old.set_hold(hold);
  ASSERT_TRUE(React(old).ok());
  EXPECT_EQ(Get(1).state(), Application::FUNDING_PENDING);
  Fund(1);
  EXPECT_EQ(Get(1).state(), Application::ADMITTED);
  EXPECT_EQ(Seats(), "1+1/2");
}

TEST_P(EnrolmentTest, SealsCorrectsAndSealsAgain) {
  Prepare(1, 1);
  Admit(1);
  Fund(1);
  v1::AcceptSeatRequest accept;
  accept.set_name(NameOf(1));
  ASSERT_TRUE(Invoke<Application>(accept).ok());
  v1::StartCohortRequest start;
  start.set_name(kCohort);
  ASSERT_TRUE(Invoke<v1::Cohort>(start).ok());
  v1::OpenAttendanceSheetRequest open;
  open.set_parent(kCohort);
  *open.mutable_attendance_sheet()->mutable_date() = ToDate(absl::CivilDay(2027, 3, 1));
  open.mutable_attendance_sheet()->set_half(v1::AttendanceSheet::AM);
  open.mutable_attendance_sheet()->set_start_minute(540);
  open.mutable_attendance_sheet()->set_end_minute(750);
  const auto sheet = Invoke<v1::AttendanceSheet>(open);
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  v1::SignPresenceRequest sign;
  sign.set_name(absl::StrCat(sheet->name(), "/presenceEntries/a-1"));
  ASSERT_TRUE(Invoke<v1::PresenceEntry>(sign).ok());
  v1::SignAttendanceSheetRequest trainer;
  trainer.set_name(sheet->name());
  ASSERT_TRUE(Invoke<v1::AttendanceSheet>(trainer).ok());
  v1::SealAttendanceSheetRequest seal;
  seal.set_name(sheet->name());
  const auto first = Invoke<v1::AttendanceSheet>(seal);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->revision(), 1);
  EXPECT_EQ(ReasonOf(Invoke<v1::AttendanceSheet>(seal).status()), "SHEET_SEALED");
  v1::CorrectPresenceRequest correct;
  correct.set_name(sign.name());
  correct.set_minutes_present(100);
  correct.set_absence(v1::PresenceEntry::UNEXCUSED);
  correct.set_reason("left early");
  ASSERT_TRUE(Invoke<v1::PresenceEntry>(correct).ok());
  const auto second = Invoke<v1::AttendanceSheet>(seal);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision(), 2);
  EXPECT_EQ(second->chain_number(), 2);
  EXPECT_NE(second->chain_hash(), first->chain_hash());
  v1::FinishCohortRequest finish;
  finish.set_name(kCohort);
  const auto finished = Invoke<v1::Cohort>(finish);
  ASSERT_TRUE(finished.ok()) << finished.status();
}

INSTANTIATE_TEST_SUITE_P(Engines, EnrolmentTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::enrolment
