// The service over real databases: from a funder to a paid invoice, through the events of
// enrolment, on both engines.
#include "services/funding/funding.h"

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"

namespace vivier::funding {
namespace {

using v1::Reservation;

constexpr char kSchool[] = "schools/nancy";
constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
constexpr char kSheet[] = "schools/nancy/cohorts/ai-1/attendanceSheets/2026-11-23-am";

class FundingTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    database_ = vivier::testing::FreshDatabase(GetParam());
    ASSERT_TRUE(storage::Migrate(*database_, "funding").ok());
    connection_ = *database_->Connect(storage::Access::kWrite);
    service_.emplace(funding_.Rpc());
    auto methods = service_->Build();
    ASSERT_TRUE(methods.ok()) << methods.status();
    methods_ = *std::move(methods);
  }

  // Runs `work` in a transaction of its own; what it refuses is not stored.
  absl::Status Run(const std::function<absl::Status(rpc::Call&)>& work,
                   const std::string& method = "test", const std::string& resource = "") {
    RETURN_IF_ERROR(connection_->Begin(storage::Access::kWrite));
    storage::Transaction transaction(*connection_, "nancy", &key_);
    storage::Unit unit(transaction);
    rpc::Call call(caller_, now_, unit, fetched_);
    absl::Status status = transaction.LockHead();
    if (status.ok()) status = work(call);
    if (status.ok())
      status = unit.Apply({"test", method, resource, absl::StrCat(++acts_), "", ""}, now_);
    if (status.ok()) status = transaction.StoreHead();
    if (status.ok()) status = connection_->Commit();
    if (!status.ok()) connection_->Rollback();
    return status;
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request) {
    Response response;
    for (const auto& method : methods_)
      if (method.descriptor->input_type() == Request::descriptor())
        RETURN_IF_ERROR(
            Run([&](rpc::Call& call) { return method.handler(call, request, response); },
                method.descriptor->full_name(),
                rpc::TextAt(request, rpc::Describe(method.descriptor)->target)));
    return response;
  }

  template <class Event>
  absl::Status Tell(const Event& event) {
    for (const auto& reaction : service_->reactions())
      if (reaction.event == Event::descriptor())
        return Run([&](rpc::Call& call) { return reaction.reaction(call, event); },
                   Event::descriptor()->full_name());
    return absl::UnimplementedError("no reaction");
  }

  template <class M>
  M Row(const std::string& name) {
    M row;
    storage::Table<M> table;
    EXPECT_EQ(absl::OkStatus(), Run([&](rpc::Call& call) -> absl::Status {
                ASSIGN_OR_RETURN(row, table.Get(call, name));
                return absl::OkStatus();
              }));
    return row;
  }

  template <class M>
  std::vector<M> Rows() {
    std::vector<M> rows;
    storage::Table<M> table;
    EXPECT_EQ(absl::OkStatus(), Run([&](rpc::Call& call) -> absl::Status {
                ASSIGN_OR_RETURN(rows, table.Select(call, "name <> '' ORDER BY name", {}));
                return absl::OkStatus();
              }));
    return rows;
  }

  v1::AgreementBalance Balance() {
    return Row<v1::AgreementBalance>(absl::StrCat(kAgreement, "/balance"));
  }

  // Nothing of I3, I4 and I5 is broken.
  void CheckInvariants() {
    const Transfers journal = Rows<v1::JournalEntry>();
    EXPECT_EQ(CheckJournal(journal), std::vector<std::string>{});
    EXPECT_EQ(CheckBalance(Balance(), journal), std::vector<std::string>{});
    EXPECT_EQ(CheckEarnings(Rows<v1::Earning>()), std::vector<std::string>{});
    // I16 compares rows with what a whole site has: tests/invariants and tests/tamper look at it.
    for (const rpc::Invariant& invariant : service_->invariants())
      EXPECT_EQ(invariant.id == "I16" ? 0 : Violations(invariant), 0) << invariant.id;
  }

  int64_t Violations(const rpc::Invariant& invariant) {
    EXPECT_EQ(connection_->Begin(storage::Access::kRead), absl::OkStatus());
    storage::Transaction transaction(*connection_, "nancy", &key_);
    transaction.Believe();
    const absl::StatusOr<rpc::Breaches> breaches = invariant.check(transaction);
    connection_->Rollback();
    EXPECT_EQ(breaches.status(), absl::OkStatus());
    return breaches.ok() ? breaches->violations : -1;
  }

  // How many events of this type the log has.
  int64_t Emitted(const std::string& type) {
    EXPECT_EQ(connection_->Begin(storage::Access::kRead), absl::OkStatus());
    const auto found =
        connection_->Query("SELECT COUNT(*) FROM events WHERE school = 'nancy' AND type LIKE $1",
                           {storage::Value(absl::StrCat("%", type))});
    connection_->Rollback();
    EXPECT_EQ(found.status(), absl::OkStatus());
    return found.ok() ? std::get<int64_t>(found->rows[0][0]) : -1;
  }

  // Breaks the data behind the service's back.
  void Break(const std::string& sql) {
    ASSERT_EQ(connection_->Begin(storage::Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection_->Query(sql).status(), absl::OkStatus());
    ASSERT_EQ(connection_->Commit(), absl::OkStatus());
  }

  // A regional council pays 100 € a seat of 3 half-days, for jobseekers, up to the ceiling.
  void Agree(int64_t ceiling_cents) {
    v1::CreateFunderRequest funder;
    funder.set_parent(kSchool);
    funder.set_funder_id("region");
    funder.mutable_funder()->set_title("Conseil régional");
    funder.mutable_funder()->set_kind(v1::Funder::REGIONAL_COUNCIL);
    ASSERT_EQ(Ask<v1::Funder>(funder).status(), absl::OkStatus());
    v1::CreateFundingAgreementRequest agreement;
    agreement.set_parent(kSchool);
    agreement.set_funding_agreement_id("prf");
    v1::FundingAgreement& terms = *agreement.mutable_funding_agreement();
    terms.set_funder("schools/nancy/funders/region");
    terms.set_currency_code("EUR");
    terms.set_ceiling_cents(ceiling_cents);
    terms.mutable_valid_from()->set_year(2026);
    terms.mutable_valid_from()->set_month(1);
    terms.mutable_valid_from()->set_day(1);
    terms.mutable_valid_until()->set_year(2027);
    terms.mutable_valid_until()->set_month(12);
    terms.mutable_valid_until()->set_day(31);
    terms.mutable_eligibility_rule()->set_jobseeker_required(true);
    ASSERT_EQ(Ask<v1::FundingAgreement>(agreement).status(), absl::OkStatus());
    v1::CreateFundingPlanRequest plan;
    plan.set_parent(kSchool);
    plan.set_funding_plan_id("ai-1");
    plan.mutable_funding_plan()->set_cohort(kCohort);
    plan.mutable_funding_plan()->set_seats(2);
    plan.mutable_funding_plan()->set_planned_minutes(630);
    plan.mutable_funding_plan()->set_planned_half_days(3);
    v1::PlanShare& share = *plan.mutable_funding_plan()->add_shares();
    share.set_funding_agreement(kAgreement);
    share.set_basis(v1::PlanShare::PER_SEAT);
    share.set_amount_cents(10'000);
    ASSERT_EQ(Ask<v1::FundingPlan>(plan).status(), absl::OkStatus());
  }

  Reservation Hold(const std::string& hold, bool jobseeker = true) {
    enrolment::v1::SeatHeld held;
    held.set_application(absl::StrCat(kCohort, "/applications/", hold));
    held.set_cohort(kCohort);
    held.set_candidate(absl::StrCat("schools/nancy/candidates/", hold));
    held.set_hold(hold);
    held.mutable_classes()->set_jobseeker(jobseeker);
    EXPECT_EQ(Tell(held), absl::OkStatus());
    return Row<Reservation>(absl::StrCat("schools/nancy/reservations/", hold));
  }

  void Release(const std::string& hold) {
    enrolment::v1::SeatReleased released;
    released.set_cohort(kCohort);
    released.set_hold(hold);
    released.set_cause(enrolment::v1::SeatReleased::LEFT);
    ASSERT_EQ(Tell(released), absl::OkStatus());
  }

  void Seal(int revision, const std::string& hold, int minutes) {
    enrolment::v1::AttendanceSheetSealed sealed;
    sealed.set_attendance_sheet(kSheet);
    sealed.set_cohort(kCohort);
    *sealed.mutable_date() = Date(2026, 11, 23);
    sealed.set_revision(revision);
    enrolment::v1::SealedPresence& entry = *sealed.add_entries();
    entry.set_presence_entry(absl::StrCat(kSheet, "/presenceEntries/marie"));
    entry.set_learner(absl::StrCat(kCohort, "/learners/marie"));
    entry.set_minutes_due(210);
    entry.set_minutes_present(minutes);
    entry.set_hold(hold);
    ASSERT_EQ(Tell(sealed), absl::OkStatus());
  }

  static google::type::Date Date(int year, int month, int day) {
    google::type::Date date;
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    return date;
  }

  static constexpr char kAgreement[] = "schools/nancy/fundingAgreements/prf";
  Funding funding_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Connection> connection_;
  std::optional<rpc::Service> service_;
  std::vector<rpc::Service::Method> methods_;
  security::SchoolKey key_ = security::SchoolKey::Random();
  security::Caller caller_;
  rpc::Fetched fetched_;
  int acts_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'795'500'000);  // 2026-11-24
};

TEST_P(FundingTest, EverySchemaFitsItsMessage) {
  ASSERT_TRUE(connection_->Begin(storage::Access::kRead).ok());
  for (const storage::Schema* schema : service_->schemas())
    EXPECT_EQ(schema->CheckDrift(*connection_), absl::OkStatus());
  connection_->Rollback();
}

TEST_P(FundingTest, ReservesUnderTheCeilingAndRefusesWithItsCause) {
  EXPECT_EQ(Hold("before-the-plan").cause(), "NO_MONEY");
  Agree(15'000);
  const Reservation first = Hold("one");
  EXPECT_EQ(first.state(), Reservation::RESERVED);
  EXPECT_EQ(first.reserved_cents(), 10'000);
  const Reservation second = Hold("two");
  EXPECT_EQ(second.cause(), "NO_MONEY");
  EXPECT_EQ(second.refused_by(), kAgreement);
  const Reservation employed = Hold("three", false);
  EXPECT_EQ(employed.cause(), "NOT_ELIGIBLE");
  ASSERT_EQ(employed.eligibility_findings_size(), 1);
  EXPECT_EQ(employed.eligibility_findings(0).fact(), "not registered");
  Release("one");
  Release("one");  // a second time changes nothing
  EXPECT_EQ(Balance().reserved_cents(), 0);
  EXPECT_EQ(Hold("four").state(), Reservation::RESERVED);
  EXPECT_EQ(Emitted("SeatFunded"), 2);
  EXPECT_EQ(Emitted("SeatRefused"), 3);
  EXPECT_EQ(Emitted("FundingPlanChanged"), 2);  // the plan, the release
  CheckInvariants();
}

TEST_P(FundingTest, LowersTheCeilingOnlyToWhatIsCommitted) {
  Agree(15'000);
  Hold("one");
  v1::AmendFundingAgreementRequest amend;
  amend.set_name(kAgreement);
  amend.set_ceiling_cents(9'999);
  const absl::Status refused = Ask<v1::FundingAgreement>(amend).status();
  EXPECT_EQ(ReasonOf(refused), "CEILING_BELOW_COMMITTED");
  EXPECT_THAT(MetadataOf(refused), ::testing::Contains(::testing::Pair(
                                       "reservations", "schools/nancy/reservations/one")));
  amend.set_ceiling_cents(10'000);
  EXPECT_EQ(Ask<v1::FundingAgreement>(amend)->ceiling_cents(), 10'000);
  CheckInvariants();
}

TEST_P(FundingTest, EarnsOnceCorrectsAndInvoices) {
  Agree(20'000);
  Hold("one");
  Seal(1, "one", 210);
  EXPECT_EQ(Balance().earned_cents(), 3333);
  EXPECT_EQ(Balance().reserved_cents(), 6667);
  Seal(2, "one", 210);  // sealed again, nothing changed
  EXPECT_EQ(Rows<v1::Earning>().size(), 1u);
  Seal(3, "one", 0);
  EXPECT_EQ(Balance().earned_cents(), 0);
  Seal(4, "one", 180);
  EXPECT_EQ(Balance().earned_cents(), 3333);
  EXPECT_EQ(Rows<v1::Earning>().size(), 3u);
  CheckInvariants();

  v1::CreateInvoiceRequest create;
  create.set_parent(kSchool);
  create.set_invoice_id("november");
  create.mutable_invoice()->set_funding_agreement(kAgreement);
  *create.mutable_invoice()->mutable_until_date() = Date(2026, 11, 30);
  const auto draft = Ask<v1::Invoice>(create);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->total_cents(), 3333);
  EXPECT_TRUE(draft->complete());
  create.set_invoice_id("again");
  EXPECT_EQ(ReasonOf(Ask<v1::Invoice>(create).status()), "NOTHING_TO_INVOICE");

  v1::IssueInvoiceRequest issue;
  issue.set_name(draft->name());
  *issue.mutable_issue_date() = Date(2026, 12, 1);
  EXPECT_EQ(Ask<v1::Invoice>(issue)->number(), 1);
  EXPECT_EQ(ReasonOf(Ask<v1::Invoice>(issue).status()), "INVOICE_NOT_DRAFT");
  v1::ListInvoiceLinesRequest lines;
  lines.set_parent(draft->name());
  EXPECT_EQ(Ask<v1::ListInvoiceLinesResponse>(lines)->invoice_lines_size(), 3);

  v1::RecordPaymentRequest pay;
  pay.set_name(draft->name());
  pay.set_payment_id("first");
  *pay.mutable_value_date() = Date(2026, 12, 20);
  pay.set_amount_cents(3334);
  EXPECT_EQ(ReasonOf(Ask<v1::Invoice>(pay).status()), "PAYMENT_ABOVE_REST");
  pay.set_amount_cents(3333);
  EXPECT_EQ(Ask<v1::Invoice>(pay)->state(), v1::Invoice::PAID);
  EXPECT_EQ(Balance().paid_cents(), 3333);
  EXPECT_EQ(Emitted("AttendanceSheetPosted"), 4);
  EXPECT_EQ(Emitted("InvoiceIssued"), 1);
  CheckInvariants();
}

TEST_P(FundingTest, ALearnerWhoLeavesKeepsWhatWasEarnedAndTheNextContinuesHisSeat) {
  Agree(10'000);
  Hold("one");
  enrolment::v1::LearnerEnrolled enrolled;
  enrolled.set_learner(absl::StrCat(kCohort, "/learners/marie"));
  enrolled.set_hold("one");
  ASSERT_EQ(Tell(enrolled), absl::OkStatus());
  EXPECT_EQ(Row<Reservation>("schools/nancy/reservations/one").state(), Reservation::CONFIRMED);
  Seal(1, "one", 210);
  Release("one");
  const Reservation left = Row<Reservation>("schools/nancy/reservations/one");
  EXPECT_EQ(left.state(), Reservation::RELEASED);
  EXPECT_EQ(left.cause(), "LEFT");
  EXPECT_EQ(left.earned_cents(), 3333);
  const Reservation next = Hold("two");
  EXPECT_EQ(next.seat(), left.seat());
  EXPECT_EQ(next.reserved_cents(), 6667);
  Seal(2, "one", 0);  // a correction after they left frees its money
  EXPECT_EQ(Balance().earned_cents(), 0);
  EXPECT_EQ(Balance().reserved_cents(), 6667);
  CheckInvariants();
}

TEST_P(FundingTest, WhatNobodyCoversIsAFindingThatACorrectionCloses) {
  Seal(1, "nobody", 210);  // no plan at all
  Agree(20'000);
  Seal(2, "nobody", 210);
  Seal(3, "nobody", 0);
  const std::vector<v1::Finding> findings = Rows<v1::Finding>();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].kind(), v1::Finding::NO_FUNDING_PLAN);
  EXPECT_EQ(findings[1].kind(), v1::Finding::NO_RESERVATION);
  EXPECT_EQ(findings[1].amount_cents(), 3333);
  EXPECT_EQ(findings[1].state(), v1::Finding::CLOSED);
  CheckInvariants();
}

TEST_P(FundingTest, VerifySeesMoneyAndEarningsThatWereTamperedWith) {
  Agree(20'000);
  Hold("one");
  Seal(1, "one", 210);
  CheckInvariants();
  Break("UPDATE agreement_balances SET reserved_cents = reserved_cents - 1");
  Break("UPDATE earnings SET presence_entry = 'x', reversal = 1");
  Break(
      "INSERT INTO journal_entries (school, name, version, kind, debit_account, credit_account, "
      "amount_cents, subject) "
      "VALUES ('nancy', 'x', 1, 'OWN', 'own/borne', 'own/funds', 1, 'x')");
  std::map<std::string, int64_t> found;
  for (const rpc::Invariant& invariant : service_->invariants())
    found[invariant.id] += Violations(invariant);
  for (const char* id : {"I3", "I4", "I5"}) EXPECT_GT(found[id], 0) << id;
}

INSTANTIATE_TEST_SUITE_P(Engines, FundingTest, vivier::testing::BothEngines(),
                         vivier::testing::EngineName);

}  // namespace
}  // namespace vivier::funding
