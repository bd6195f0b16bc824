// Batches as their callers see them, on both engines and in two services, neither of which has a
// line of code for them: each item is done once, refused or answered again as if it came alone.
#include <future>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/monitor.h"
#include "shared/base/rpc_status.h"
#include "shared/base/uuid.h"
#include "tests/rpc/rows.h"
#include "tests/support/admission_batch.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {
namespace {

using enrolment::v1::Application;
using enrolment::v1::BatchAdmitApplicationsRequest;
using enrolment::v1::BatchAdmitApplicationsResponse;

// Nobody's read budget is what is tested here.
World MakeWorld(storage::Engine engine, int batch_works_max) {
  return World(engine, [batch_works_max](config::v1::Config& config) {
    config.add_read_budgets()->set_opened(-1);
    config.set_batch_works_max(batch_works_max);
  });
}

class BatchTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  explicit BatchTest(int batch_works_max = 256) : world_(MakeWorld(GetParam(), batch_works_max)) {}

  std::vector<enrolment::v1::AdmitApplicationRequest> Rank(
      const std::vector<RankedCohort>& cohorts) {
    Client client({{"", world_.site().address()}}, world_.Authorization(World::Person()));
    std::vector<enrolment::v1::AdmitApplicationRequest> admissions =
        RankApplicants(client, cohorts);
    world_.Settle();
    return admissions;
  }

  absl::StatusOr<BatchAdmitApplicationsResponse> Send(
      const BatchAdmitApplicationsRequest& request) {
    return world_.Call<BatchAdmitApplicationsResponse>(request);
  }

  AdmissionTally Tally() { return TallyAdmissions(world_.DatabaseUrl("enrolment")); }

  static std::string Reason(const BatchAdmitApplicationsResponse::Result& result) {
    return ReasonOf(FromMessage(result.error()));
  }

  World world_;
};

// A transaction for each write, so that not many at a time are more than can be done.
class BatchUnderLoadTest : public BatchTest {
 protected:
  BatchUnderLoadTest() : BatchTest(1) {}
};

// As many calls as that under way at a time, until the end: the batch's own caller makes them.
class Flood {
 public:
  Flood(World& world, int calls) : world_(world) {
    for (int i = 0; i < calls; ++i) Ask();
  }
  ~Flood() { EXPECT_GT(End(), 0) << "nothing was refused"; }

 private:
  // How many were refused.
  int End() {
    Monitor::Lock lock(monitor_);
    ending_ = true;
    lock.Await([this] { return open_ == 0; });
    return refused_;
  }

  void Ask() {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.mutable_candidate()->set_given_name("Ada");
    request.mutable_candidate()->set_family_name("Flood");
    {
      Monitor::Lock lock(monitor_);
      if (ending_) return;
      ++open_;
      request.set_candidate_id(absl::StrCat("flood-", ++asked_));
    }
    request.set_request_id(TimeOrderedUuid());
    world_.site().channel()->Start(rpc::PathOf(*rpc::MethodTaking(*request.GetDescriptor())),
                                   request.SerializeAsString(), options_,
                                   [this](const absl::StatusOr<std::string>& answer) {
                                     Ask();
                                     Monitor::Lock lock(monitor_);
                                     --open_;
                                     refused_ += ReasonOf(answer.status()) == "OVERLOADED";
                                   });
  }

  World& world_;
  const rpc::CallOptions options_{absl::Seconds(30), world_.Authorization(World::Person()), ""};
  Monitor monitor_;  // guards what follows
  int open_ = 0;
  int asked_ = 0;
  int refused_ = 0;
  bool ending_ = false;
};

// A refusal is made anew each time, and its details have no order.
void ExpectSameDone(const BatchAdmitApplicationsResponse& first,
                    const BatchAdmitApplicationsResponse& again) {
  ASSERT_EQ(first.results_size(), again.results_size());
  for (int i = 0; i < first.results_size(); ++i)
    EXPECT_EQ(first.results(i).application().SerializeAsString(),
              again.results(i).application().SerializeAsString())
        << i;
}

TEST_P(BatchTest, AThousandItemsAreDoneOnceHoweverOftenTheyAreSent) {
  const AdmissionBatch batch = MakeAdmissionBatch(Rank(CohortsOfBatch()), TimeOrderedUuid());
  // Copies at once, as an impatient client sends them, then again, and again after a restart.
  std::vector<std::future<absl::StatusOr<BatchAdmitApplicationsResponse>>> copies;
  for (int i = 0; i < 4; ++i)
    copies.push_back(std::async(std::launch::async, [&] { return Send(batch.request); }));
  std::vector<absl::StatusOr<BatchAdmitApplicationsResponse>> answers;
  for (auto& copy : copies) answers.push_back(copy.get());
  answers.push_back(Send(batch.request));
  world_.Restart();
  answers.push_back(Send(batch.request));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    ExpectAsMade(batch, *answer);
    ExpectSameDone(*answers[0], *answer);
  }
  world_.Settle();
  ExpectEachOnce(Tally(), batch.done);
  world_.ExpectInvariants();
}

TEST_P(BatchUnderLoadTest, NoItemOfABatchThatWasTakenIsRefusedForLoad) {
  const auto admissions = Rank({{"c0", 300, 300, 300}});
  BatchAdmitApplicationsRequest request;
  request.set_parent("schools/nancy/cohorts/c0");
  request.set_request_id(TimeOrderedUuid());
  for (const auto& admission : admissions) request.add_requests()->set_name(admission.name());
  auto batch = std::async(std::launch::async, [&] { return Send(request); });
  enrolment::v1::GetApplicationRequest first;
  first.set_name(admissions[0].name());
  absl::StatusOr<Application> seen;
  do seen = world_.Call<Application>(first);
  while (ReasonOf(seen.status()) == "OVERLOADED" ||
         (seen.ok() && seen->state() == Application::SHORTLISTED));
  ASSERT_TRUE(seen.ok()) << seen.status();
  const auto answer = [&] {
    const Flood flood(world_, 1000);
    return batch.get();
  }();
  ASSERT_TRUE(answer.ok()) << answer.status();
  for (const auto& result : answer->results())
    EXPECT_TRUE(result.has_application()) << Reason(result);
  EXPECT_EQ(Tally().held, 300);
}

TEST_P(BatchTest, AnItemIsWhatItsPlaceInTheBatchSays) {
  const auto admissions = Rank({{"c0", 4, 4, 4}});
  BatchAdmitApplicationsRequest request;
  request.set_parent("schools/nancy/cohorts/c0");
  request.set_request_id(TimeOrderedUuid());
  for (int i = 0; i < 3; ++i) request.add_requests()->set_name(admissions[i].name());
  *request.mutable_requests(2) = admissions[2];  // with an id of its own
  const auto first = Send(request);
  ASSERT_TRUE(first.ok()) << first.status();
  // Alone it is the same request.
  const auto alone = world_.Call<Application>(admissions[2]);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ(alone->SerializeAsString(), first->results(2).application().SerializeAsString());
  // Another one in its place is another request under the same id.
  request.mutable_requests(1)->set_name(admissions[3].name());
  const auto other = Send(request);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_TRUE(other->results(0).has_application());
  EXPECT_EQ(Reason(other->results(1)), "REQUEST_ID_REUSED");
  EXPECT_TRUE(other->results(2).has_application());
  EXPECT_EQ(Tally().audited, 3);
}

TEST_P(BatchTest, ATrialOfABatchStoresNothing) {
  const auto admissions = Rank({{"c0", 3, 3, 3}});
  BatchAdmitApplicationsRequest request;
  request.set_parent(kSchool);
  request.set_request_id(TimeOrderedUuid());
  request.set_validate_only(true);
  for (const auto& admission : admissions) request.add_requests()->set_name(admission.name());
  const auto tried = Send(request);
  ASSERT_TRUE(tried.ok()) << tried.status();
  for (const auto& result : tried->results())
    EXPECT_EQ(result.application().state(), Application::FUNDING_PENDING);
  EXPECT_EQ(Tally().answers, 0);
  EXPECT_EQ(Tally().held, 0);
  EXPECT_EQ(Tally().admitted, 0);
  request.set_validate_only(false);  // in earnest, under the same id
  ASSERT_TRUE(Send(request).ok());
  EXPECT_EQ(Tally().held, 3);
}

struct Whole {
  const char* what;
  int items;
  const char* parent;
  const char* request_id;
  const char* role;
  const char* reason;
};

TEST_P(BatchTest, WhatIsWrongWithTheWholeIsRefusedAtOnce) {
  constexpr char kId[] = "0192f3a4-5b6c-7d8e-9f00-aabbccddeeff";
  const Whole rows[] = {
      {"no item", 0, "schools/nancy", kId, "school_director", "INVALID_FIELD"},
      {"too many", 1001, "schools/nancy", kId, "school_director", "INVALID_FIELD"},
      {"too many, before anything of it is parsed", 1001, "schools/nancy", kId, "trainer",
       "INVALID_FIELD"},
      {"no parent", 1, "", kId, "school_director", "INVALID_FIELD"},
      {"a parent in no school", 1, "networks/vivier", kId, "school_director", "INVALID_FIELD"},
      {"no id", 1, "schools/nancy", "", "school_director", "INVALID_FIELD"},
      {"an id of another form", 1, "schools/nancy", "42", "school_director", "INVALID_FIELD"},
      {"another school", 1, "schools/metz", kId, "school_director", "NOT_ALLOWED"},
      {"another role", 1, "schools/nancy", kId, "trainer", "NOT_ALLOWED"},
      {"another role and no item", 0, "schools/nancy", kId, "trainer", "NOT_ALLOWED"},
  };
  for (const Whole& row : rows) {
    BatchAdmitApplicationsRequest request;
    request.set_parent(row.parent);
    request.set_request_id(row.request_id);
    for (int i = 0; i < row.items; ++i)
      request.add_requests()->set_name("schools/nancy/cohorts/c0/applications/zoe");
    const absl::Status refused =
        world_.Call<BatchAdmitApplicationsResponse>(request, World::Person(row.role)).status();
    EXPECT_EQ(ReasonOf(refused), row.reason) << row.what << ": " << refused;
  }
  EXPECT_EQ(Tally().audited, 0);
}

// An invoice of `rest_cents` that was sent, and what its agreement has of it.
std::vector<std::unique_ptr<google::protobuf::Message>> SentInvoice(int64_t rest_cents) {
  namespace v1 = funding::v1;
  auto invoice = std::make_unique<v1::Invoice>();
  invoice->set_name("schools/nancy/invoices/i1");
  invoice->set_funding_agreement("schools/nancy/fundingAgreements/prf");
  invoice->set_state(v1::Invoice::ISSUED);
  invoice->set_number(1);
  invoice->set_total_cents(rest_cents);
  auto balance = std::make_unique<v1::AgreementBalance>();
  balance->set_name("schools/nancy/fundingAgreements/prf/balance");
  balance->set_ceiling_cents(rest_cents);
  balance->set_earned_cents(rest_cents);
  balance->set_invoiced_cents(rest_cents);
  std::vector<std::unique_ptr<google::protobuf::Message>> rows;
  rows.push_back(std::move(invoice));
  rows.push_back(std::move(balance));
  return rows;
}

// In funding, which has not a line for it either.
TEST_P(BatchTest, PaymentsOfABankStatementAreRecordedOnce) {
  namespace v1 = funding::v1;
  constexpr int kPaid = 40;
  world_.Stop();
  ASSERT_EQ(PutRows(world_.DatabaseUrl("funding"), world_.data(), SentInvoice(1000 * kPaid)),
            absl::OkStatus());
  world_.Start();
  v1::BatchRecordPaymentsRequest request;
  request.set_parent(kSchool);
  request.set_request_id(TimeOrderedUuid());
  const auto add = [&](const std::string& id, int64_t cents) {
    v1::RecordPaymentRequest& item = *request.add_requests();
    item.set_name("schools/nancy/invoices/i1");
    item.set_payment_id(id);
    item.set_amount_cents(cents);
    item.mutable_value_date()->set_year(2026);
    item.mutable_value_date()->set_month(9);
    item.mutable_value_date()->set_day(7);
  };
  std::vector<std::string> expected;
  for (int i = 0; i < kPaid; ++i) {
    add(absl::StrCat("p-", i), 1000);
    expected.emplace_back();
    if (i == 0) {
      add("p-0", 1000);  // the same again in the same statement
      add("p-x", 0);
      add("p-y", 1000 * kPaid);
      expected.insert(expected.end(), {"ALREADY_EXISTS", "INVALID_FIELD", "PAYMENT_ABOVE_REST"});
    }
  }
  add("p-late", 1);
  expected.emplace_back("INVOICE_NOT_PAYABLE");
  std::string bytes;
  for (int time = 0; time < 2; ++time) {
    const auto answer = world_.Call<v1::BatchRecordPaymentsResponse>(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->results_size(), static_cast<int>(expected.size()));
    if (time > 0) {
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(answer->results(static_cast<int>(i)).has_invoice(), expected[i].empty()) << i;
      break;
    }
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(ReasonOf(FromMessage(answer->results(static_cast<int>(i)).error())), expected[i])
          << i;
  }
  v1::GetInvoiceRequest get;
  get.set_name("schools/nancy/invoices/i1");
  const auto invoice = world_.Call<v1::Invoice>(get);
  ASSERT_TRUE(invoice.ok()) << invoice.status();
  EXPECT_EQ(invoice->paid_cents(), 1000 * kPaid);
  EXPECT_EQ(invoice->state(), v1::Invoice::PAID);
  v1::ListPaymentsRequest list;
  list.set_parent(get.name());
  list.set_page_size(500);
  const auto payments = world_.Call<v1::ListPaymentsResponse>(list);
  ASSERT_TRUE(payments.ok()) << payments.status();
  EXPECT_EQ(payments->payments_size(), kPaid);
}

INSTANTIATE_TEST_SUITE_P(Engines, BatchTest, BothEngines(), EngineName);
INSTANTIATE_TEST_SUITE_P(Engines, BatchUnderLoadTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
