// Who sees an operation, by the functions that answer for it: for him who may not, there is none of
// that name. And that a service does not start whose .proto and steps tell different things of one.
#include <atomic>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/enrolment/enrolment.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/process/operation_handlers.h"
#include "shared/process/operation_service.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/security/tokens/token.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/perform.h"
#include "tests/support/engines.h"

namespace vivier {
namespace {

using operations::v1::GetOperationRequest;
using operations::v1::ListOperationsRequest;
using operations::v1::ListOperationsResponse;
using operations::v1::Operation;
using storage::Transaction;

constexpr char kName[] = "schools/nancy/cohorts/ai-1/operations/enrolment-1";

class OperationsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    ASSERT_EQ(storage::Migrate(*database_, "enrolment"), absl::OkStatus());
    storage::Operation operation;
    operation.name = kName;
    operation.method = "vivier.enrolment.v1.SelectionService.ImportApplications";
    operation.resource = "schools/nancy/cohorts/ai-1";
    operation.principal = "zoe";
    const auto writer = *storage::Writer::Start(*database_, &key_, {}, {});
    ASSERT_EQ(storage::Perform(*writer, "nancy",
                               [&](Transaction& transaction, absl::Time now) -> absl::Status {
                                 storage::Unit unit(transaction);
                                 RETURN_IF_ERROR(storage::InsertOperation(
                                     unit, operation, storage::SealSteps(kName, {"step"}), now));
                                 return unit.Apply({"zoe", "begin", kName, "", "", ""}, now);
                               }),
              absl::OkStatus());
  }

  static security::Caller Caller(const std::string& subject, const std::string& role) {
    return {subject, security::Caller::Kind::kPerson, {role}, {"nancy"}, ""};
  }

  template <class Response>
  absl::StatusOr<Response> Ask(const security::Caller& caller,
                               const google::protobuf::Message& request) {
    Response response;
    const auto methods = *rpc_.Build();
    const rpc::Fetched none;
    RETURN_IF_ERROR(readers_.Read("nancy", [&](Transaction& transaction) -> absl::Status {
      storage::Unit unit(transaction);
      rpc::Call call(caller, absl::Now(), unit, none);
      for (const rpc::Service::Method& method : methods)
        if (method.descriptor->input_type() == request.GetDescriptor())
          return method.handler(call, request, response);
      return Internal("no rpc takes it");
    }));
    return response;
  }

  const security::SchoolKey key_ = security::SchoolKey::Random();
  std::unique_ptr<storage::Database> database_ = testing::FreshDatabase(GetParam());
  rpc::Readers readers_{*database_, &key_};
  enrolment::Enrolment enrolment_;
  const rpc::Service service_ = enrolment_.Rpc();
  site::OperationHandlers handlers_{service_};
  const rpc::Service rpc_ = handlers_.Rpc();
};

TEST_P(OperationsTest, AreSeenByWhoAskedAndByWhoMayAsk) {
  struct Row {
    const char* subject;
    const char* role;
    bool sees;
  };
  const Row rows[] = {{"zoe", "trainer", true},
                      {"ali", "trainer", false},
                      {"ali", "admissions_officer", true},
                      {"ali", "nobody", false}};
  for (const Row& row : rows) {
    const security::Caller caller = Caller(row.subject, row.role);
    GetOperationRequest get;
    get.set_name(kName);
    const auto found = Ask<Operation>(caller, get);
    EXPECT_EQ(found.status(), row.sees ? absl::OkStatus() : NotFound(kName))
        << row.subject << " " << row.role;
    ListOperationsRequest list;
    list.set_parent("schools/nancy");
    list.set_service("enrolment");
    const auto listed = Ask<ListOperationsResponse>(caller, list);
    ASSERT_EQ(listed.status(), absl::OkStatus());
    EXPECT_EQ(listed->operations_size(), row.sees ? 1 : 0) << row.subject << " " << row.role;
  }
}

security::v1::TokenClaims Zoe() {
  security::v1::TokenClaims claims;
  claims.set_iss("https://issuer.example");
  claims.add_aud("vivier");
  claims.set_sub("zoe");
  claims.set_iat(static_cast<uint32_t>(absl::ToUnixSeconds(absl::Now())));
  claims.set_exp(claims.iat() + 600);
  claims.set_kind("person");
  claims.add_roles("admissions_officer");
  claims.add_schools("nancy");
  return claims;
}

// Waits for an operation that does not end, until its deadline has passed.
class Patient final : public rpc::Responder {
 public:
  ~Patient() override { told_.Notify(); }
  void Answer(std::shared_ptr<const std::string>) override { status_ = absl::OkStatus(); }
  void Refuse(const absl::Status& status) override { status_ = status; }
  absl::Time deadline() const override { return absl::Now() + absl::Hours(1); }
  // Not before the first look.
  bool cancelled() const override { return ++looks_ > 1; }

  Patient(absl::Status& status, absl::Notification& told) : status_(status), told_(told) {}

 private:
  absl::Status& status_;
  absl::Notification& told_;
  mutable std::atomic<int> looks_{0};
};

// Whoever is dropped without an answer is told that the program has a defect.
TEST_P(OperationsTest, TellsWhoWaitsThatTheirDeadlineHasPassed) {
  rpc::Workers workers(1);
  Scheduler scheduler(
      {.run = [&](std::function<void()> task) { return workers.Submit(std::move(task)); }});
  scheduler.Begin();
  const security::TokenIssuer issuer = *security::TokenIssuer::Ephemeral();
  security::TokenVerifier verifier({{"https://issuer.example", "vivier", issuer.keys(), false}},
                                   {});
  absl::Status status = absl::UnknownError("not told");
  absl::Notification told;
  {
    site::OperationService waits(scheduler);
    rpc::Adapter::Surroundings around = {};
    around.engine = GetParam();
    around.readers = &readers_;
    around.workers = &workers;
    around.verifier = &verifier;
    around.schools = {"nancy"};
    ASSERT_EQ(waits.Add(service_, std::move(around), nullptr), absl::OkStatus());
    operations::v1::WaitOperationRequest request;
    request.set_name(kName);
    rpc::Peer zoe;
    zoe.authorization = "Bearer " + issuer.Issue(Zoe());
    for (const rpc::Endpoint& endpoint : waits.Endpoints())
      if (endpoint.method->input_type() == request.GetDescriptor())
        endpoint.unary(request.SerializeAsString(), zoe, std::make_shared<Patient>(status, told));
    EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(30)));
  }
  EXPECT_EQ(ReasonOf(status), "DEADLINE_PASSED") << status;
}

// Its step answers another message than the .proto says.
struct Odd {
  static absl::StatusOr<rpc::Plan<enrolment::v1::ImportMetadata, enrolment::v1::ImportStep>> Plan(
      const enrolment::v1::ImportApplicationsRequest&) {
    return rpc::Plan<enrolment::v1::ImportMetadata, enrolment::v1::ImportStep>();
  }
  absl::Status Check(rpc::Call&, const enrolment::v1::ImportApplicationsRequest&) {
    return absl::OkStatus();
  }
  absl::Status Step(rpc::Call&, const enrolment::v1::ImportStep&, enrolment::v1::ImportMetadata&,
                    enrolment::v1::ImportMetadata&) {
    return absl::OkStatus();
  }
};

TEST(Operations, OfOtherTypesThanDeclaredStopTheStart) {
  Odd odd;
  rpc::Service service("enrolment");
  service.Operate(odd, &Odd::Plan, &Odd::Check, &Odd::Step);
  EXPECT_THAT(std::string(service.Build().status().message()),
              ::testing::HasSubstr("ImportApplications declares other types of its operation"));
}

INSTANTIATE_TEST_SUITE_P(Engines, OperationsTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier
